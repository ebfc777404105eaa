"""A compared bill in a line for people."""

from datetime import date
from typing import NamedTuple

from spend_report.domain.basics.wording import dollars, plain, short_day
from spend_report.domain.bills.bill_record import ModelGap, ProviderDay
from spend_report.domain.bills.causes import Cause

_NAMES = {"openai": "OpenAI", "anthropic": "Anthropic", "bedrock": "Bedrock"}
_GAPS_SHOWN = 2
_REASON_WIDTH = 300
_WORDS = {
    Cause.NOT_TRACED: "on {model} were never traced",
    Cause.TOKENS_DIFFER: "of {model} for other token counts than were traced",
    Cause.PRICE_DIFFERS: "of {model} at another price than here",
    Cause.NOT_PRICED_HERE: "of {model} without a price here",
}


class BillLine(NamedTuple):
    """A compared bill in a line; `bad` is whether it needs a look."""

    text: str
    bad: bool


def provider_name(provider: str) -> str:
    """A provider's name as people write it."""
    return _NAMES.get(provider, provider)


def line_of(day: date, provider: str, found: ProviderDay) -> BillLine:
    """`bill_line`; bad is what was not compared, and a gap that is worth a word."""
    bad = bool(found.reason) or found.over_since is not None
    return BillLine(bill_line(day, provider, found), bad)


def bill_line(day: date, provider: str, found: ProviderDay) -> str:
    """Such as `19 Nov: OpenAI billed $612.10, traces explain 97.8 %; $11.20 on gpt-6-luna …`."""
    name = provider_name(provider)
    if found.reason:
        return f"{short_day(day)}: {name} not compared: {plain(found.reason, _REASON_WIDTH)}"
    line = f"{short_day(day)}: {name} billed {dollars(found.billed_usd)}"
    if found.explained_share is not None:
        line += f", traces explain {found.explained_share * 100:.1f} %"
    gaps = [gap for gap in found.gaps if gap.cause in _WORDS][:_GAPS_SHOWN]
    return "; ".join([line, *(gap_words(gap) for gap in gaps)])


def gap_words(gap: ModelGap) -> str:
    """A gap with its cause, and where or how to mend it if that is known."""
    words = _WORDS[Cause(gap.cause)].format(model=plain(gap.model))
    return f"{dollars(abs(gap.gap_usd))} {words}"
