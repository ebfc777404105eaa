"""The parts of a change that matter, as sentences for people, which add up as they are shown."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from spend_report.domain.basics.wording import (
    at_places,
    count,
    dollars,
    plain,
    share,
    signed_dollars,
)
from spend_report.domain.judgement.comparison import MIN_BASELINE_DAYS, change_shown, totals
from spend_report.domain.judgement.drivers import Driver, ModelChange

MOST_CAUSES = 3
MODEL_WIDTH = 30
_MATTERS = Fraction(1, 10)
LEAST_CAUSE = Fraction(5, 100)
_CLEAR_SHIFT = Fraction(2, 100)
_MOSTLY = Fraction(3, 4)
_ZERO = Fraction(0)


class Cause(Struct, frozen=True):
    """One part of a change, e.g. `+$0.45 longer prompts (1,441 → 1,998 input tokens per call)`.

    `amount` is in US dollars as it is shown, with `places` decimals. `figures` are those behind
    it and `question` is what to find out, `what makes the prompts longer`; both are empty for
    what is left over.
    """

    amount: Decimal
    places: int
    what: str
    figures: str = ""
    question: str = ""

    def __str__(self) -> str:
        figures = f" ({self.figures})" if self.figures else ""
        return f"{signed_dollars(self.amount, self.places)} {self.what}{figures}"


class _Part(Struct, frozen=True):
    amount: Fraction
    what: str
    figures: str
    question: str = ""


def causes(driver: Driver) -> list[Cause]:
    """The up to three parts that matter, largest first, and what is left over in one line.

    A part matters from a tenth of all that moved on, and from a twentieth of the cost before:
    calls that became 3 % more are no cause. Empty where no part does, or where there are fewer
    than three days to compare with.
    """
    if driver.baseline_days < MIN_BASELINE_DAYS:
        return []
    amounts: dict[Callable[[Driver], _Part], Fraction] = {
        _volume: driver.volume,
        _mix: driver.mix,
        _tokens: driver.tokens_per_call,
        _cost_per_token: driver.price,
    }
    parts = [tell(driver) for tell, amount in amounts.items() if amount]
    moved = sum(abs(part.amount) for part in parts)
    least = max(_MATTERS * moved, LEAST_CAUSE * driver.before.cost)
    return _adding_up(driver.now.cost, driver.before.cost, parts, least, "smaller changes")


def causes_of_total(drivers: Sequence[Driver]) -> list[Cause]:
    """The up to three features that moved most, each with its own largest cause, and the rest."""
    if not drivers or drivers[0].baseline_days < MIN_BASELINE_DAYS:
        return []
    now, before = totals(drivers)
    _, places = change_shown(now, before)
    parts = [_part(driver, causes(driver), places) for driver in drivers if driver.change]
    moved = sum(abs(part.amount) for part in parts)
    least = max(_MATTERS * moved, LEAST_CAUSE * before)
    return _adding_up(now, before, parts, least, "all other features")


def _part(driver: Driver, own: Sequence[Cause], places: int) -> _Part:
    """A feature as a part of the sum, with the change that its own lines show."""
    name = plain(driver.feature)
    change = Fraction(change_shown(driver.now.cost, driver.before.cost, places)[0])
    if not own:
        return _Part(change, name, "")
    mostly = own[0].what if len(own) == 1 else f"mostly {own[0].what}"
    return _Part(change, name, mostly)


def _adding_up(
    now: Fraction, before: Fraction, parts: Sequence[_Part], least: Fraction, others: str
) -> list[Cause]:
    """The largest `parts`, none below `least`, and the others as one line.

    The amounts sum to the change as it is shown: what rounding leaves over stands in the last
    line, so that a part is the same amount wherever it is shown.
    """
    change, places = change_shown(now, before)
    by_size = sorted(parts, key=lambda part: (-abs(part.amount), part.what))
    told = [part for part in by_size if abs(part.amount) >= least][:MOST_CAUSES]
    if not told:
        return []
    rest = [part for part in by_size if part not in told]
    found = [
        Cause(at_places(part.amount, places), places, part.what, part.figures, part.question)
        for part in told
    ]
    left = change - sum(cause.amount for cause in found)
    if left and len(rest) == 1:
        found.append(Cause(left, places, rest[0].what, rest[0].figures))
    elif left:
        found.append(Cause(left, places, others if rest else "rounding"))
    return found


def _volume(driver: Driver) -> _Part:
    now, before = driver.now.calls, driver.before.calls
    if not before:
        what, question = "new, no calls before", "what it is for: it is new"
    elif not now:
        what, question = "no calls any more", "why it has no calls any more"
    elif now > before:
        what, question = "more calls", "what makes more calls"
    else:
        what, question = "fewer calls", "why there are fewer calls"
    return _Part(driver.volume, what, f"{count(before)} → {count(now)}", question)


def _mix(driver: Driver) -> _Part:
    """Named after the model whose changed share explains most of it, and what it took the place of.

    The figures are the shares of the model that is named first.
    """
    mix = driver.mix
    model = max(driver.models, key=lambda model: model.mix if mix > 0 else -model.mix)
    name, other = _name(model), _counterpart(model, driver.models)
    gained, of = model.share_now > model.share_before, " of calls"
    if not model.share_before:
        what = f"new model {name}{other and f' in place of {other}'}"
        question = f"what calls {name}: it is new"
    elif not model.share_now:
        what = f"no calls on {name} any more{other and f', but on {other}'}"
        question = f"what moved calls away from {name}{other and f' to {other}'}"
    else:
        way = f"to {name}{other and f' from {other}'}"
        if not gained:
            way = f"away from {name}{other and f' to {other}'}"
        what, question, of = f"calls moved {way}", f"what moved calls {way}", ""
    return _Part(mix, what, f"{share(model.share_before)} → {share(model.share_now)}{of}", question)


def _counterpart(model: ModelChange, models: Sequence[ModelChange]) -> str:
    """The model whose share went most the other way; empty if that is less than half as far."""
    shift = _shift(model)
    others = [one for one in models if _shift(one) * shift < 0]
    other = max(others, key=lambda one: abs(_shift(one)), default=None)
    return _name(other) if other and abs(_shift(other)) * 2 >= abs(shift) else ""


def _shift(model: ModelChange) -> Fraction:
    return model.share_now - model.share_before


def _name(model: ModelChange) -> str:
    return plain(model.model, MODEL_WIDTH) if model.model else "no named model"


def _tokens(driver: Driver) -> _Part:
    """Prompts or answers, if one of them alone explains it; the models' own tokens if not.

    The change of the feature's mean also holds what other models added, so it is only named
    where it points the same way.
    """
    now, before = driver.now, driver.before
    longer = driver.tokens_per_call > 0
    length = "longer" if longer else "shorter"
    kinds = (
        ("prompts", "input", before.input_tokens / before.calls, now.input_tokens / now.calls),
        ("answers", "output", before.output_tokens / before.calls, now.output_tokens / now.calls),
    )
    moved = sum(abs(after - earlier) for *_, earlier, after in kinds)
    for what, kind, earlier, after in kinds:
        by = after - earlier
        if by and (by > 0) == longer and abs(by) >= _MOSTLY * moved:
            figures = f"{count(earlier)} → {count(after)} {kind} tokens per call"
            question = f"what makes the {what} {length}"
            return _Part(driver.tokens_per_call, f"{length} {what}", figures, question)
    tokens_before = sum((_weighted(model.tokens_before, model) for model in driver.models), _ZERO)
    tokens_now = sum((_weighted(model.tokens_now, model) for model in driver.models), _ZERO)
    figures = f"{count(tokens_before)} → {count(tokens_now)} tokens per call"
    if (tokens_now > tokens_before) != longer:
        figures = "on the models that cost most"
    question = f"what makes the calls {length}"
    return _Part(driver.tokens_per_call, f"{length} calls", figures, question)


def _weighted(tokens: Fraction, model: ModelChange) -> Fraction:
    return model.share_now * tokens


def _cost_per_token(driver: Driver) -> _Part:
    """Cache hits or the share of the output, if one moved clearly; else what a token cost.

    It is called a cost and not a price: nobody's prices need have changed for it.
    """
    now, before = driver.now, driver.before
    dearer = driver.price > 0
    cached = _ratio(now.cached_input_tokens, now.input_tokens)
    cached_before = _ratio(before.cached_input_tokens, before.input_tokens)
    if abs(cached - cached_before) >= _CLEAR_SHIFT and (cached < cached_before) == dearer:
        figures = f"{share(cached_before)} → {share(cached)} of input tokens"
        what = f"{'fewer' if dearer else 'more'} cache hits"
        return _Part(driver.price, what, figures, f"why there are {what}")
    output = _ratio(now.output_tokens, now.total_tokens())
    output_before = _ratio(before.output_tokens, before.total_tokens())
    if abs(output - output_before) >= _CLEAR_SHIFT and (output > output_before) == dearer:
        figures = f"share of output {share(output_before)} → {share(output)}"
        what = f"{'dearer' if dearer else 'cheaper'} mix of tokens"
        return _Part(driver.price, what, figures, f"what makes a {what}")
    what = f"{'higher' if dearer else 'lower'} cost per token"
    question = f"what makes a token {'dearer' if dearer else 'cheaper'}"
    tokens = now.total_tokens()
    if not tokens:
        return _Part(driver.price, what, "cost without tokens", question)
    per_million = [
        dollars(cost / tokens * 1_000_000) for cost in (now.cost - driver.price, now.cost)
    ]
    return _Part(driver.price, what, f"{' → '.join(per_million)} per million", question)


def _ratio(part: Fraction, whole: Fraction) -> Fraction:
    return part / whole if whole else _ZERO
