"""The charts as SVG: shapes that say the figures, and nothing that a policy forbids."""

import re
from copy import replace
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from spend_report.page import charts
from spend_report.page.view_types import Mover, OverTime, Range, Series

DAYS = [date(2026, 11, 18) + timedelta(days=number) for number in range(4)]


def over_time(budget: str | None = None) -> OverTime:
    return OverTime(
        days=DAYS,
        series=[
            Series("copilot", "hue-6", [Decimal(3), None, Decimal(0), Decimal(1)]),
            Series("<search>", "hue-3", [Decimal(1), None, Decimal(0), Decimal("0.5")]),
        ],
        totals=[Decimal(4), None, Decimal(0), Decimal("1.5")],
        budget=None if budget is None else Decimal(budget),
    )


def bars(svg: str, slot: str) -> list[ET.Element]:
    group = ET.fromstring(svg).find(f".//g[@class='{slot}']")
    return [] if group is None else group.findall("rect")


def titles(svg: str, slot: str) -> list[str]:
    return [bar.findtext("title", "") for bar in bars(svg, slot)]


def test_bars_are_as_high_as_their_cost() -> None:
    """Heights are in proportion, and a colour stands on the one below it."""
    svg = charts.stacked(over_time())

    (lower, last), (upper, _) = bars(svg, "hue-6"), bars(svg, "hue-3")
    assert float(lower.attrib["height"]) == pytest.approx(3 * float(last.attrib["height"]), abs=0.2)
    assert float(lower.attrib["height"]) == pytest.approx(
        3 * float(upper.attrib["height"]), abs=0.2
    )
    top_of_upper = float(upper.attrib["y"]) + float(upper.attrib["height"])
    assert top_of_upper == pytest.approx(float(lower.attrib["y"]), abs=0.2)


def test_every_bar_says_its_figure() -> None:
    """Hovering a bar shows its day, feature and cost."""
    svg = charts.stacked(over_time())

    assert titles(svg, "hue-6") == ["18 Nov: copilot $3.00", "21 Nov: copilot $1.00"]
    assert titles(svg, "hue-3") == ["18 Nov: <search> $1.00", "21 Nov: <search> $0.50"]


def test_a_gap_is_marked_and_a_zero_is_not() -> None:
    """The day without a report has a pale column, the day without cost has nothing."""
    svg = charts.stacked(over_time())

    assert titles(svg, "gap") == ["19 Nov: not reported"]


def test_the_budget_line() -> None:
    """The budget is a line in front of the bars, on the height of its amount."""
    root = ET.fromstring(charts.stacked(over_time(budget="2")))

    (line,) = root.findall(".//path[@class='budget']")
    (label,) = [text for text in root.iter("text") if text.text == "$2"]
    assert line.attrib["d"].split()[1] == label.attrib["y"]
    assert ET.fromstring(charts.stacked(over_time())).find(".//path[@class='budget']") is None


def test_the_band_of_what_is_usual() -> None:
    """Behind the bars each day that is known has a band from its least to its most usual cost."""
    usual = {DAYS[0]: Range(Decimal(2), Decimal(5)), DAYS[3]: Range(Decimal(1), Decimal(2))}

    svg = charts.stacked(replace(over_time(), usual=usual))

    assert titles(svg, "band") == [
        "18 Nov: usually $2.00 to $5.00",
        "21 Nov: usually $1.00 to $2.00",
    ]
    first, last = bars(svg, "band")
    (copilot, _) = bars(svg, "hue-6")
    dollar = float(copilot.attrib["height"]) / 3
    ground = float(copilot.attrib["y"]) + 3 * dollar
    assert float(first.attrib["height"]) == pytest.approx(3 * dollar, abs=0.3)
    assert float(first.attrib["y"]) == pytest.approx(ground - 5 * dollar, abs=0.3)
    assert float(last.attrib["height"]) == pytest.approx(dollar, abs=0.3)
    slots = [group.get("class") for group in ET.fromstring(svg).iter("g")]
    assert slots.index("band") < slots.index("hue-6")


def test_a_band_that_reaches_far() -> None:
    """A band of many times the costs leaves them two thirds of the scale's height."""
    usual = {DAYS[0]: Range(Decimal(1), Decimal(500))}

    root = ET.fromstring(charts.stacked(replace(over_time(), usual=usual)))

    assert [text.text for text in root.iter("text") if (text.text or "").startswith("$")] == [
        *("$0", "$2", "$4", "$6"),
    ]


def test_days_of_spikes_are_marked() -> None:
    """An arrow's head points down at the day, and says what was far above its usual."""
    svg = charts.stacked(replace(over_time(), spikes={DAYS[3]: "<search>"}))

    group = ET.fromstring(svg).find(".//g[@class='spike']")
    assert group is not None
    (mark,) = group.findall("path")
    assert mark.findtext("title") == "21 Nov: far above the usual: <search>"
    tip = float(mark.attrib["d"].split()[-2])
    assert tip < float(bars(svg, "hue-3")[1].attrib["y"])


def test_the_scale_ends_above_everything() -> None:
    """The axis has round amounts, and reaches above the costliest day and the budget."""
    root = ET.fromstring(charts.stacked(over_time(budget="7.3")))

    labels = [text.text for text in root.iter("text") if (text.text or "").startswith("$")]
    assert labels == ["$0", "$2", "$4", "$6", "$8"]


def test_a_waterfall_goes_from_before_to_after() -> None:
    """Every step starts where the one before it ended, up or down."""
    mover = Mover(
        "search",
        "hue-3",
        baseline=Decimal(2),
        cost=Decimal("2.5"),
        volume=Decimal(1),
        mix=Decimal("-1.5"),
        tokens_per_call=Decimal(0),
        price=Decimal(1),
        causes=[],
    )

    svg = charts.waterfall(mover)

    assert titles(svg, "level") == ["before: $2.00", "the day: $2.50"]
    assert titles(svg, "up") == ["calls: +$1.00", "price: +$1.00"]
    assert titles(svg, "down") == ["models: \N{MINUS SIGN}$1.50"]
    before, after = (float(bar.attrib["y"]) for bar in bars(svg, "level"))
    calls, price = bars(svg, "up")
    (models,) = bars(svg, "down")
    bottom = {bar: float(bar.attrib["y"]) + float(bar.attrib["height"]) for bar in (calls, models)}
    assert bottom[calls] == pytest.approx(before, abs=0.2)
    assert float(models.attrib["y"]) == pytest.approx(float(calls.attrib["y"]), abs=0.2)
    assert float(price.attrib["y"]) == pytest.approx(after, abs=0.2)
    end_of_price = float(price.attrib["y"]) + float(price.attrib["height"])
    assert end_of_price == pytest.approx(bottom[models], abs=0.2)


def test_a_budget_of_nothing() -> None:
    """The line of a budget of zero lies on the ground."""
    root = ET.fromstring(charts.stacked(over_time(budget="0")))

    (line,) = root.findall(".//path[@class='budget']")
    (label,) = [text for text in root.iter("text") if text.text == "$0"]
    assert line.attrib["d"].split()[1] == label.attrib["y"]


def test_names_are_text() -> None:
    """Whatever a name is made of, the chart says it and is well-formed."""
    name = "</title><script>\"'&amp;"
    (series, other), spikes = over_time().series, {DAYS[3]: name}

    svg = charts.stacked(
        replace(over_time(), series=[replace(series, name=name), other], spikes=spikes)
    )

    assert titles(svg, "hue-6")[0] == f"18 Nov: {name} $3.00"
    assert {node.tag for node in ET.fromstring(svg).iter()} == {
        *("svg", "g", "path", "rect", "text", "title"),
    }


def test_there_is_nothing_but_shapes_and_texts() -> None:
    """There is no identifier, no style, no empty group, and no coordinate finer than a tenth."""
    svg = charts.stacked(over_time(budget="2"))

    assert " id=" not in svg
    assert " style=" not in svg
    assert all(len(group) for group in ET.fromstring(svg).iter("g"))
    assert not re.search(r"\.\d\d", re.sub(r"<title>.*?</title>", "", svg))
