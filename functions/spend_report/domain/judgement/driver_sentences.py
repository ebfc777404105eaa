"""The parts of a change that matter, as sentences for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from spend_report.domain.basics.wording import count, dollars, plain, share, signed_dollars, things
from spend_report.domain.judgement.daily_means import Volume
from spend_report.domain.judgement.drivers import Driver, ModelChange

MIN_BASELINE_DAYS = 3
"""Fewer reported days say too little about what is usual."""

MOST_CAUSES = 3
MODEL_WIDTH = 30
_MATTERS = Fraction(1, 10)
_CLEAR_SHIFT = Fraction(2, 100)
_MOSTLY = Fraction(3, 4)


@dataclass(frozen=True, slots=True)
class Cause:
    """One part of a change: its amount in US dollars, what it is, and the figures behind it."""

    amount: Fraction
    what: str
    figures: str

    def __str__(self) -> str:
        return f"{signed_dollars(self.amount)} {self.what} ({self.figures})"


def causes(driver: Driver) -> list[Cause]:
    """The up to three largest parts, none of them below a tenth of all that moved.

    Empty where nothing moved or where there are fewer than three days to compare with.
    """
    if driver.baseline_days < MIN_BASELINE_DAYS:
        return []
    parts = {
        _volume: driver.volume,
        _mix: driver.mix,
        _tokens: driver.tokens_per_call,
        _price: driver.price,
    }
    moved = sum(abs(amount) for amount in parts.values())
    matter = [(tell, amount) for tell, amount in parts.items() if amount]
    matter = [(tell, amount) for tell, amount in matter if abs(amount) >= _MATTERS * moved]
    matter.sort(key=lambda part: -abs(part[1]))
    return [tell(driver) for tell, _ in matter[:MOST_CAUSES]]


def causes_of_total(drivers: Sequence[Driver]) -> list[Cause]:
    """The up to three features that moved most, each with its own largest cause."""
    told = []
    for driver in sorted(drivers, key=lambda driver: (-abs(driver.change), driver.feature)):
        own = causes(driver)
        if own:
            why = own[0].what if len(own) == 1 else f"mostly {own[0].what}"
            told.append(Cause(driver.change, plain(driver.feature), why))
    return told[:MOST_CAUSES]


def comparison(change: Fraction, before: Fraction, baseline_days: int) -> str:
    """How much more or less than usual, or why that can't be said."""
    if not baseline_days:
        return "No day of the week before is reported, so there is nothing to compare with."
    if baseline_days < MIN_BASELINE_DAYS:
        return (
            f"Only {things(baseline_days, 'day')} of the week before "
            f"{'is' if baseline_days == 1 else 'are'} reported, too few to say why."
        )
    return (
        f"{signed_dollars(change)} against the mean of the last "
        f"{things(baseline_days, 'reported day')} ({dollars(before)}):"
    )


def _volume(driver: Driver) -> Cause:
    now, before = driver.now.calls, driver.before.calls
    if not before:
        what = "new, no calls before"
    elif not now:
        what = "no calls any more"
    else:
        what = "more calls" if now > before else "fewer calls"
    return Cause(driver.volume, what, f"{count(before)} → {count(now)}")


def _mix(driver: Driver) -> Cause:
    """Named after the model whose changed share explains most of it."""
    mix = driver.mix
    model = max(driver.models, key=lambda model: model.mix if mix > 0 else -model.mix)
    name = plain(model.model, MODEL_WIDTH) if model.model else "calls without a model"
    if not model.share_before:
        what = f"new model {name}"
    elif not model.share_now:
        what = f"no more {name}"
    else:
        what = f"{'more' if model.share_now > model.share_before else 'less'} {name}"
    figures = f"{share(model.share_before)} → {share(model.share_now)} of calls"
    return Cause(mix, what, figures)


def _tokens(driver: Driver) -> Cause:
    """Prompts or answers, if one of them alone explains it; the models' own tokens if not.

    The change of the feature's mean also holds what other models added, so it is only named
    where it points the same way.
    """
    now, before = driver.now, driver.before
    longer = driver.tokens_per_call > 0
    prompts = now.input_tokens / now.calls - before.input_tokens / before.calls
    answers = now.output_tokens / now.calls - before.output_tokens / before.calls
    moved = abs(prompts) + abs(answers)
    length = "longer" if longer else "shorter"
    for what, by in ((f"{length} prompts", prompts), (f"{length} answers", answers)):
        if by and (by > 0) == longer and abs(by) >= _MOSTLY * moved:
            figures = f"{count(_per_call(before))} → {count(_per_call(now))} tokens per call"
            return Cause(driver.tokens_per_call, what, figures)
    tokens_before = sum((_weighted(model.tokens_before, model) for model in driver.models), _ZERO)
    tokens_now = sum((_weighted(model.tokens_now, model) for model in driver.models), _ZERO)
    figures = f"{count(tokens_before)} → {count(tokens_now)} tokens per call"
    if (tokens_now > tokens_before) != longer:
        figures = "on the models that cost most"
    return Cause(driver.tokens_per_call, f"{length} calls", figures)


_ZERO = Fraction(0)


def _weighted(tokens: Fraction, model: ModelChange) -> Fraction:
    return model.share_now * tokens


def _per_call(volume: Volume) -> Fraction:
    return volume.total_tokens() / volume.calls


def _price(driver: Driver) -> Cause:
    """Cache hits or the share of the output, if one moved clearly; else the price per token."""
    now, before = driver.now, driver.before
    dearer = driver.price > 0
    cached = _ratio(now.cached_input_tokens, now.input_tokens)
    cached_before = _ratio(before.cached_input_tokens, before.input_tokens)
    if abs(cached - cached_before) >= _CLEAR_SHIFT and (cached < cached_before) == dearer:
        figures = f"{share(cached_before)} → {share(cached)} of input tokens"
        return Cause(driver.price, f"{'fewer' if dearer else 'more'} cache hits", figures)
    output = _ratio(now.output_tokens, now.total_tokens())
    output_before = _ratio(before.output_tokens, before.total_tokens())
    if abs(output - output_before) >= _CLEAR_SHIFT and (output > output_before) == dearer:
        figures = f"{share(output_before)} → {share(output)} of tokens"
        return Cause(driver.price, f"{'larger' if dearer else 'smaller'} share of output", figures)
    what = f"{'higher' if dearer else 'lower'} price per token"
    tokens = now.total_tokens()
    if not tokens:
        return Cause(driver.price, what, "cost without tokens")
    per_million = [
        dollars(cost / tokens * 1_000_000) for cost in (now.cost - driver.price, now.cost)
    ]
    return Cause(driver.price, what, f"{' → '.join(per_million)} per million tokens")


def _ratio(part: Fraction, whole: Fraction) -> Fraction:
    return part / whole if whole else _ZERO
