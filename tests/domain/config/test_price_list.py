import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.config.documents import Document, Problems
from spend_report.domain.config.price_list import PriceList, read_prices
from spend_report.domain.prices.price_sources import Price, PriceSource, Rates

DAY = datetime(2026, 11, 21, tzinfo=UTC)
END = datetime(2026, 11, 22, tzinfo=UTC)
PUBLIC = Rates(PriceSource.CATALOGUE, *[Decimal(7)] * 5)


class FakeCatalogue:
    """Knows one model, `public`."""

    flat = PUBLIC

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        return PUBLIC

    def price(self, model: str, provider: str, start: datetime, end: datetime) -> Price | None:
        return self if model == "public" else None

    def knows(self, model: str) -> bool:
        return model == "public"


def read(*texts: str, catalogue: FakeCatalogue | None = None) -> tuple[PriceList, list[str]]:
    problems = Problems()
    documents = [Document(f"/p/{index}", 1, text) for index, text in enumerate(texts, start=1)]
    return read_prices(documents, catalogue, problems), problems.lines


def valid(*texts: str, catalogue: FakeCatalogue | None = None) -> PriceList:
    prices, problems = read(*texts, catalogue=catalogue)
    assert problems == []
    return prices


def rates_of(prices: PriceList, model: str, started: datetime = DAY) -> Rates | None:
    price = prices.price(model, "any", started, started + timedelta(days=1))
    return price.at(started, 1, None) if price is not None else None


def parameter(input_: str, output: str, read: str, write: str) -> Rates:
    amounts = map(Decimal, (input_, output, read, write, write))
    return Rates(PriceSource.PARAMETER, *amounts)


def test_price_as_written() -> None:
    """A price is the very decimal in the document, and `cache_write` covers both lifetimes."""
    prices = valid('{"m": {"input": 3.00, "output": 15, "cache_read": 0.3, "cache_write": 3.75}}')

    assert rates_of(prices, "m") == parameter("3.00", "15", "0.3", "3.75")


def test_cached_tokens_cost_the_input_price() -> None:
    """Cached tokens without a price of their own cost what the input costs."""
    prices = valid('{"m": {"input": 2.5, "output": 10}}')

    assert rates_of(prices, "m") == parameter("2.5", "10", "2.5", "2.5")


def test_free_of_charge() -> None:
    """A price of zero is a price: the call is free, not unpriced."""
    prices = valid('{"m": {"input": 0, "output": 0.0, "cache_read": 0E-99}}')

    rates = rates_of(prices, "m")

    assert rates == parameter("0", "0", "0", "0")
    assert str(rates.cache_read) == "0"


def test_exact_name_before_the_undated() -> None:
    """A dated model has its own price if it is there, else that of the undated name."""
    prices = valid(
        '{"gpt-4o": {"input": 2.5, "output": 10}, "gpt-4o-2024-05-13": {"input": 5, "output": 15}}'
    )

    assert rates_of(prices, "gpt-4o-2024-05-13") == parameter("5", "15", "5", "5")
    assert rates_of(prices, "gpt-4o-2024-08-06") == parameter("2.5", "10", "2.5", "2.5")


@pytest.mark.parametrize(
    "name", ["gpt-4o-mini", "gpt-4o-audio-preview", "GPT-4o", "gpt-4", "", "x"]
)
def test_never_a_near_match(name: str) -> None:
    """Another name is another model, however near."""
    prices = valid('{"gpt-4o": {"input": 2.5, "output": 10}}')

    assert prices.price(name, "openai", DAY, END) is None


def test_fine_tuned_is_not_its_base() -> None:
    """A fine-tuned model never costs what its base does; a line of its own prices it."""
    base = '{"gpt-4o-mini-2024-07-18": {"input": 1, "output": 1}}'
    own = '{"ft:gpt-4o-mini-2024-07-18": {"input": 2, "output": 2}}'
    name = "ft:gpt-4o-mini-2024-07-18:acme::abc"

    assert rates_of(valid(base), name) is None
    assert rates_of(valid(base, own), name) == parameter("2", "2", "2", "2")


HISTORY = """{"m": [{"effective_from": "2026-12-01", "input": 2, "output": 2},
                    {"input": 1, "output": 1},
                    {"effective_from": "2027-01-01", "input": 3, "output": 3}]}"""


DATES = st.dates(date(2026, 11, 1), date(2026, 11, 9))
INSTANTS = st.integers(0, 10 * 24 * 60).map(
    lambda minutes: datetime(2026, 10, 31, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(st.lists(DATES, unique=True, min_size=1), st.booleans(), INSTANTS, st.integers(0, 25))
def test_any_history(dates: list[date], undated: bool, start: datetime, hours: int) -> None:
    """However a history is written, the price is that of the latest date not after the call."""
    entries: list[dict[str, object]] = [
        {"effective_from": str(day), "input": day.day, "output": 0} for day in dates
    ]
    entries += [{"input": 100, "output": 0}] if undated else []
    started = start + timedelta(hours=hours)
    begun = [day.day for day in dates if day <= started.date()]
    expected = max(begun) if begun else 100 if undated else None

    price = valid(json.dumps({"m": entries})).price("m", "", start, started + timedelta(hours=1))

    rates = price.at(started, 1, None) if price is not None else None
    assert (None if rates is None else int(rates.input)) == expected
    assert price is None or price.flat is None or price.flat == rates


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        (datetime(2020, 1, 1, tzinfo=UTC), 1),
        (datetime(2026, 11, 30, 23, 59, 59, 999999, tzinfo=UTC), 1),
        (datetime(2026, 12, 1, tzinfo=UTC), 2),
        (datetime.fromisoformat("2026-12-01T00:30:00+01:00"), 1),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), 2),
        (datetime(2027, 1, 1, tzinfo=UTC), 3),
        (datetime(2030, 1, 1, tzinfo=UTC), 3),
    ],
)
def test_history(started: datetime, expected: int) -> None:
    """The newest price in force when the call starts applies, from midnight UTC of its date."""
    rates = rates_of(valid(HISTORY), "m", started)

    assert rates is not None
    assert rates.input == expected


def test_change_within_the_day() -> None:
    """Where the price changes within the report's day, each call has the price of its start."""
    start = datetime(2026, 11, 30, 12, tzinfo=UTC)
    change = datetime(2026, 12, 1, tzinfo=UTC)

    price = valid(HISTORY).price("m", "", start, start + timedelta(days=1))

    assert price is not None
    assert price.flat is None
    before, after = price.at(change - timedelta(seconds=1), 1, None), price.at(change, 1, None)
    assert before is not None
    assert after is not None
    assert [before.input, after.input] == [Decimal(1), Decimal(2)]


def test_one_price_all_day() -> None:
    """Where the price does not change within the day, there is one for all calls."""
    price = valid(HISTORY).price("m", "", datetime(2026, 12, 1, tzinfo=UTC), DAY.replace(month=12))

    assert price is not None
    assert price.flat == parameter("2", "2", "2", "2")


def test_not_yet_in_force() -> None:
    """A price that begins on a later day is none, so that the next source is asked."""
    prices = valid('{"m": [{"effective_from": "2026-11-22", "input": 1, "output": 1}]}')

    assert prices.price("m", "", DAY, END) is None
    assert rates_of(prices, "m", END) == parameter("1", "1", "1", "1")


def test_undated_until_the_dated_is_in_force() -> None:
    """Before a dated name's price begins, the undated name's is in force."""
    prices = valid(
        '{"m": {"input": 1, "output": 2},'
        ' "m-2026-01-01": [{"effective_from": "2099-01-01", "input": 9, "output": 9}]}'
    )

    assert rates_of(prices, "m-2026-01-01") == rates_of(prices, "m")


def test_alias() -> None:
    """An alias costs what the other model does, over any number of aliases and documents."""
    prices = valid(
        '{"a": {"alias_of": "b"}, "b": {"alias_of": "gpt-4o-2024-08-06"}}',
        '{"gpt-4o": {"input": 2.5, "output": 10}}',
    )

    assert rates_of(prices, "a") == parameter("2.5", "10", "2.5", "2.5")
    assert rates_of(prices, "a-2026-01-31") == parameter("2.5", "10", "2.5", "2.5")


def test_alias_into_the_catalogue() -> None:
    """An alias of a model that only the catalogue knows has the catalogue's price."""
    prices = valid('{"a": {"alias_of": "public"}}', catalogue=FakeCatalogue())

    assert rates_of(prices, "a") == PUBLIC


def test_alias_before_its_price_begins() -> None:
    """An alias of a model whose price begins later costs what the catalogue says until then."""
    later = '{"public": {"effective_from": "2026-11-22", "input": 1, "output": 1}}'
    prices = valid('{"a": {"alias_of": "public"}}', later, catalogue=FakeCatalogue())

    assert rates_of(prices, "a", DAY) == PUBLIC
    assert rates_of(prices, "a", END) == parameter("1", "1", "1", "1")


PER_MILLION = "expected US dollars per million tokens, a number from 0 to 1,000,000, got"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"m": {"input": 1}}', "/p/1: m.output: is missing"),
        (
            '{"m": {"input": 1, "output": 1, "cached": 1}}',
            (
                "/p/1: m.cached: is not a known field; those are "
                "input, output, cache_read, cache_write, effective_from"
            ),
        ),
        (
            '{"m": {"input": "2.50", "output": 1}}',
            f'/p/1: m.input: {PER_MILLION} the text "2.50"',
        ),
        ('{"m": {"input": true, "output": 1}}', f"/p/1: m.input: {PER_MILLION} true"),
        ('{"m": {"input": null, "output": 1}}', f"/p/1: m.input: {PER_MILLION} null"),
        ('{"m": {"input": -2.5, "output": 1}}', f"/p/1: m.input: {PER_MILLION} -2.5"),
        ('{"m": {"input": 1E400, "output": 1}}', f"/p/1: m.input: {PER_MILLION} 1E+400"),
        (
            '{"m": {"input": 1, "output": 1, "cache_read": null}}',
            f"/p/1: m.cache_read: {PER_MILLION} null",
        ),
        (
            '{"m": {"input": 0.0000000000001, "output": 1}}',
            f"/p/1: m.input: {PER_MILLION} 1E-13: at most 12 decimals",
        ),
        ('{"m": {"input": NaN, "output": 1}}', "/p/1: NaN is not an amount"),
        ('{"m": {"input": -Infinity, "output": 1}}', "/p/1: -Infinity is not an amount"),
        (
            '{"m": 2.5}',
            '/p/1: m: expected a price like {"input": 2.50, "output": 10.00}, got 2.5',
        ),
        ('{"m": []}', "/p/1: m: expected at least one price in the list, got []"),
        (
            '{"m": [{"input": 1, "output": 1}, {"input": 2, "output": 2}]}',
            "/p/1: m[1]: has the same effective_from as another in the list",
        ),
        (
            (
                '{"m": [{"effective_from": "2026-12-01", "input": 1, "output": 1},'
                ' {"effective_from": "2026-12-01", "input": 2, "output": 2}]}'
            ),
            "/p/1: m[1]: has the same effective_from as another in the list",
        ),
        (
            '{"m": {"effective_from": "20261201", "input": 1, "output": 1}}',
            '/p/1: m.effective_from: expected a date like 2026-12-01, got the text "20261201"',
        ),
        (
            '{"m": {"effective_from": "2026-02-30", "input": 1, "output": 1}}',
            '/p/1: m.effective_from: expected a date like 2026-12-01, got the text "2026-02-30"',
        ),
        (
            '{"m": {"effective_from": 20261201, "input": 1, "output": 1}}',
            "/p/1: m.effective_from: expected a date like 2026-12-01, got 20261201",
        ),
        (
            '{" m": {"input": 1, "output": 1}}',
            '/p/1: the text " m": expected a model\'s name, without spaces around it',
        ),
        (
            '{"a": {"alias_of": "public"}}',
            "/p/1: a.alias_of: expected a model that a parameter has a price of, got the text",
        ),
        ('{"a": {"alias_of": "a"}}', "/p/1: a.alias_of: goes in a circle: a → a"),
        (
            '{"a": {"alias_of": 4}}',
            "/p/1: a.alias_of: expected the name of a model, got 4",
        ),
        (
            '{"a": {"alias_of": "b", "input": 1}}',
            "/p/1: a.input: is not a known field; those are alias_of",
        ),
        ("[]", "/p/1: expected a JSON object, got []"),
        ('{"m": {"input": 1,}}', "/p/1: line 1 column 18: is not JSON; "),
        ("", "/p/1: line 1 column 1: is not JSON; "),
        ("[" * 100_000, "/p/1: expected a JSON object, got one nested too deeply"),
        ('{"m": 1, "m": 2}', "/p/1: 'm' stands twice"),
        ('{"m": {"input": ' + "9" * 5000 + "}}", "/p/1: "),
    ],
)
def test_refused(text: str, problem: str) -> None:
    """A slip is refused, saying in which parameter, at which field, what was expected."""
    _, problems = read(text)

    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_circle_of_three() -> None:
    """Each alias of a circle is named, with the way that it goes."""
    _, problems = read('{"a": {"alias_of": "b"}, "b": {"alias_of": "c"}, "c": {"alias_of": "a"}}')

    assert problems == [
        "/p/1: a.alias_of: goes in a circle: a → b → c → a",
        "/p/1: b.alias_of: goes in a circle: b → c → a → b",
        "/p/1: c.alias_of: goes in a circle: c → a → b → c",
    ]


def test_alias_nowhere_with_a_catalogue() -> None:
    """An alias of a model that nobody knows is refused, naming both places that were looked at."""
    _, problems = read('{"a": {"alias_of": "gpt-4oo"}}', catalogue=FakeCatalogue())

    assert problems == [
        (
            "/p/1: a.alias_of: expected a model that a parameter or the catalogue has a price of, "
            'got the text "gpt-4oo"'
        )
    ]


def test_same_model_twice() -> None:
    """The same model in two documents is refused, naming both."""
    price = '{"m": {"input": 1, "output": 1}}'

    _, problems = read(price, price)

    assert problems == ["/p/2: m: is in /p/1 too; keep one of them"]


def test_every_slip_at_once() -> None:
    """All slips of all documents are reported, not only the first."""
    _, problems = read(
        '{"a": {"input": -1, "output": "x"}, "b": {"input": 1, "output": 1}}', '{"c": [1]}'
    )

    assert [line.split(": expected")[0] for line in problems] == [
        "/p/1: a.input",
        "/p/1: a.output",
        "/p/2: c[0]",
    ]


def test_long_values_are_shortened() -> None:
    """What stands in an error is short, whatever was pasted into the document."""
    _, problems = read('{"m": {"input": "' + "x" * 3000 + '", "output": 1}}')

    assert len(problems[0]) < 200
