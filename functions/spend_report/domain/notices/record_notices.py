"""What is to know of a day's record itself: kept, beside a gap, cut to size, or reckoned anew."""

from collections.abc import Mapping
from datetime import date, timedelta

from spend_report.domain.basics.wording import ascii_only, plain, short_day, things
from spend_report.domain.config.setting_changes import setting_changes
from spend_report.domain.judgement.completeness import LEAST_PERCENT, Completeness
from spend_report.domain.notices.notices import Notice, NoticeKind, notice_key
from spend_report.domain.record.history import History, PastDay

_HOUR = timedelta(hours=1)
_CHANGES_SHOWN = 5


def config_notices(
    day: date,
    own: PastDay | None,
    before: PastDay | None,
    configuration: Mapping[str, str],
    history: History,
) -> list[Notice]:
    """What of prices, budgets and features changed since the day `before`, and what had before.

    `configuration` is what they say now, text by path. What the day's `own` record had to tell
    stays in it: whoever reports a day again compares with days that were reported again too.
    """
    found = [
        Notice(day, NoticeKind.CONFIG_CHANGED, "settings changed", text, key)
        for key, text in (own.notices if own else {}).items()
        if key.split("/")[2:3] == [NoticeKind.CONFIG_CHANGED]
    ]
    change = _config_notice(day, before, configuration, history)
    if change and change.key not in {notice.key for notice in found}:
        found.append(change)
    return found


def _config_notice(
    day: date, before: PastDay | None, configuration: Mapping[str, str], history: History
) -> Notice | None:
    if before is None or before.configuration is None:
        return None
    changes = setting_changes(before.configuration, configuration)
    if not changes:
        return None
    shown = "; ".join(change.text for change in changes[:_CHANGES_SHOWN])
    more = len(changes) - _CHANGES_SHOWN
    text = f"Changed in the parameters since the report of {short_day(before.date)}: {shown}"
    text += f"; and {things(more, 'more setting')}. " if more > 0 else ". "
    text += "If that is not meant, put the old values back."
    about = "; ".join(change.text for change in changes)
    return Notice(
        day=day,
        kind=NoticeKind.CONFIG_CHANGED,
        subject=f"{things(len(changes), 'setting')} changed",
        text=text,
        key=notice_key(NoticeKind.CONFIG_CHANGED, about, day, history),
        do=f"check that it is meant: {changes[0].text}",
        features=list(dict.fromkeys(change.feature for change in changes if change.feature)),
        about=about,
    )


def record_notices(
    day: date,
    history: History,
    shift: timedelta,
    folded: Mapping[str, int],
    kept: Mapping[date, Completeness],
) -> list[Notice]:
    """The notices about the record of `day`, which follows the days of `history`.

    `shift` is the time that lies between it and the day before, or is in both where negative.
    `folded` are the metadata keys of which only the costliest values have rows, with the number
    of values that do; `kept` are days before that keep their report because LangSmith has less.
    """
    found = []
    if shift:
        found.append((NoticeKind.CALENDAR_SHIFT, "", *_shifted(day, shift)))
    for key, most in folded.items():
        found.append((NoticeKind.TOO_MANY_NAMES, key, *_folded(key, most)))
    for past, own in sorted(kept.items()):
        found.append((NoticeKind.REPORT_KEPT, past.isoformat(), *_kept(past, own)))
    return [
        Notice(
            day=day,
            kind=kind,
            subject=subject,
            text=text,
            key=notice_key(kind, about, day, history),
        )
        for kind, about, subject, text in found
    ]


def _shifted(day: date, shift: timedelta) -> tuple[str, str]:
    before, after = short_day(day - timedelta(days=1)), short_day(day)
    hours = abs(shift) / _HOUR
    lie = things(round(hours), "hour") if hours == round(hours) else f"{hours:.2f} hours"
    if shift > timedelta():
        what = f"Between the reports of {before} and {after} lie {lie} that neither counts"
    else:
        what = f"The reports of {before} and {after} both count the same {lie}"
    return (
        "the calendar was shifted",
        f"{what}, because REPORT_TIMEZONE was changed. Sums over both days are off by that much.",
    )


def _folded(key: str, most: int) -> tuple[str, str]:
    text = (
        f"{plain(key)} has more than {most:,} different values; only the costliest have rows "
        "of their own, the rest is (other). Is it an id? Put something that has few values there."
    )
    return f"{ascii_only(key)} has over {most:,} values", text


def _kept(past: date, found: Completeness) -> tuple[str, str]:
    text = (
        f"The report of {short_day(past)} was kept: LangSmith has {found.fetched:,} of the "
        f"{found.recorded or 0:,} LLM runs that it counts, less than {LEAST_PERCENT} %. They "
        "were deleted, or their retention ended. To replace it all the same, invoke the function "
        f'with {{"date": "{past}", "accept_less": true}}.'
    )
    return f"{short_day(past)} keeps its report", text
