"""The notice that a provider bills more, or less, than the traces come to."""

import datetime as dt
import json

from msgspec import Struct

from spend_report.domain.basics.money import usd
from spend_report.domain.basics.wording import (
    ascii_only,
    dollars,
    long_day,
    plain,
    short_day,
    wrapped,
)
from spend_report.domain.bills.bill_record import ModelGap, ProviderDay
from spend_report.domain.bills.bill_words import bill_line, gap_words, provider_name
from spend_report.domain.bills.causes import Cause
from spend_report.domain.messages.alert_message import SUBJECT_WIDTH, Message, attributes

KIND = "bill"
SEVERITY = "warning"
_NOTE_WIDTH = 300
_TO_DO = {
    Cause.NOT_TRACED: "These calls bypass LangSmith. Where the bill says who makes them: {note}",
    Cause.TOKENS_DIFFER: "Look for streams that end early and for retries inside a client.",
    Cause.PRICE_DIFFERS: "Put this into a parameter below pricing/: {note}",
    Cause.NOT_PRICED_HERE: "Only text tokens have prices here: {note}",
}


class BillNotice(Struct, frozen=True):
    """A gap that is worth a word: of `provider`, on `day`; `table` is where the rows lie."""

    provider: str
    day: dt.date
    found: ProviderDay
    table: str
    table_url: str

    @property
    def since(self) -> dt.date:
        """The first of the days in a row with such a gap."""
        return self.found.over_since or self.day

    @property
    def key(self) -> str:
        """The same for the same days in a row."""
        return f"bill/{self.since}/{self.provider}"


def compose_bill(notice: BillNotice) -> Message:
    """The notice for people and for machines."""
    found, name = notice.found, provider_name(notice.provider)
    gap = f"{dollars(abs(found.gap_usd))} {'more' if found.gap_usd > 0 else 'less'} than the traces"
    since = f"The two have been apart on each compared day since {short_day(notice.since)}."
    lead = (
        f"{name} billed {dollars(found.billed_usd)} for {short_day(notice.day)}, {gap} come to "
        f"({dollars(found.estimated_usd)}). {since}"
    )
    text = f"{bill_line(notice.day, notice.provider, found)}. {since}"
    data = {
        "kind": KIND,
        "date": notice.day.isoformat(),
        "severity": SEVERITY,
        "report": notice.table,
        "report_url": notice.table_url,
        "provider": notice.provider,
        "since": notice.since.isoformat(),
        "billed_usd": usd(found.billed_usd),
        "estimated_usd": usd(found.estimated_usd),
        "gap_usd": usd(found.gap_usd),
        "gaps": [
            {
                "model": gap.model,
                "cause": gap.cause,
                "gap_usd": usd(gap.gap_usd),
                "note": plain(gap.note, _NOTE_WIDTH) if gap.note else "",
            }
            for gap in found.gaps
        ],
        "alerts": [],
        "notices": [{"kind": KIND, "text": text}],
    }
    return Message(
        subject=ascii_only(
            f"LLM bill {short_day(notice.day)}: {name} billed {gap}, {SEVERITY.upper()}",
            SUBJECT_WIDTH,
        ),
        text=_text(notice, lead),
        data=json.dumps(data),
        attributes=attributes(KIND, SEVERITY, notice.day),
    )


def _text(notice: BillNotice, lead: str) -> str:
    lines = [f"LLM bill of {long_day(notice.day)} (UTC)", "", *wrapped(lead), ""]
    for gap in notice.found.gaps:
        lines += wrapped(f"- {gap_words(gap)}.")
        if to_do := _to_do(gap):
            lines.append(f"  {to_do}")
    lines += ["", "All rows:", f"  {notice.table_url}"]
    return "\n".join(lines) + "\n"


def _to_do(gap: ModelGap) -> str:
    words = _TO_DO[Cause(gap.cause)]
    if "{note}" not in words:
        return words
    if not gap.note:
        return words.partition(". ")[0] + "." if gap.cause == Cause.NOT_TRACED else ""
    return words.format(note=plain(gap.note, _NOTE_WIDTH))
