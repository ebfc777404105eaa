"""The page as HTML: one file that asks nobody for anything."""

from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FunctionLoader,
    StrictUndefined,
    Template,
)
from jinja2.bccache import Bucket
from markupsafe import Markup

from spend_report.domain.basics.money import ZERO, usd
from spend_report.domain.basics.wording import days, dollars, short_day, signed_dollars, things
from spend_report.domain.judgement.comparison import change_shown
from spend_report.page import charts, labels
from spend_report.page.view_types import Mover, OverTime, ReportView

_TEMPLATES = Path(__file__).parent / "templates"


def render(view: ReportView) -> bytes:
    """`view` as one HTML page in UTF-8, without a script and without a reference to load.

    The same view gives the same bytes.
    """
    style = _style()
    # Charts and style sheet are our own markup; everything else the template escapes.
    trusted = {
        "style": Markup(style),  # noqa: S704
        "stack": Markup(charts.stacked(view.over_time)) if view.over_time else "",  # noqa: S704
        "movers": [(mover, Markup(charts.waterfall(mover))) for mover in view.movers],  # noqa: S704
    }
    page = _template().render(view=view, style_hash=_hash(style), **trusted)
    return page.encode("utf-8")


class _Compiled(FileSystemBytecodeCache):
    """The compiled template beside the template, as Python keeps its own modules.

    To compile it takes longer than to import most of what the function needs. Where the package
    is read-only, as in Lambda, the one that was built along serves.
    """

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


def compile_template() -> None:
    """Compile the template, if it was not yet."""
    _template()


@cache
def _style() -> str:
    return (_TEMPLATES / "report.css").read_text("utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        # By its text and not by its path: the built page is compiled elsewhere than it is used.
        loader=FunctionLoader(lambda name: (_TEMPLATES / name).read_text("utf-8")),
        bytecode_cache=_Compiled(str(_TEMPLATES / "__pycache__")),
        autoescape=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "change": _change,
        "count": _count,
        "days": days,
        "describe": _describe,
        "describe_mover": _describe_mover,
        "dollars": dollars,
        "full_day": labels.full_day,
        "full_month": labels.full_month,
        "largest": _largest,
        "money": _money,
        "portion": labels.portion,
        "short_day": short_day,
        "signed_portion": _signed_portion,
        "width": _width,
    }
    return environment.get_template("report.html.j2")


def _hash(style: str) -> str:
    """The style sheet's name in the content security policy, which allows no other."""
    return f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"


def _money(amount: Decimal, largest: Decimal | None = None) -> Markup:
    """US dollars for people, in a column whose `largest` is given, and the CSV's for programs."""
    shown = dollars(amount) if largest is None else labels.aligned(amount, largest)
    return Markup('<data value="{}">{}</data>').format(usd(amount), shown)


def _change(now: Decimal, before: Decimal, largest: Decimal | None = None) -> Markup:
    """A change in US dollars, as `_money`: the difference of both as they are shown."""
    if largest is not None:
        shown = labels.aligned_change(labels.difference(now, before, largest), largest)
    elif now == before:
        shown = dollars(ZERO)
    else:
        shown = signed_dollars(*change_shown(now, before))
    return Markup('<data value="{}">{}</data>').format(usd(now - before), shown)


def _largest(rows: Iterable[object], column: str) -> Decimal:
    """The largest amount in the attribute `column` of `rows`, whatever its sign."""
    amounts: list[Decimal | None] = [getattr(row, column) for row in rows]
    return max((abs(amount) for amount in amounts if amount is not None), default=ZERO)


def _count(number: int, noun: str = "") -> str:
    return things(number, noun) if noun else f"{number:,}"


def _signed_portion(part: Decimal, whole: Decimal) -> str:
    sign = "+" if part > 0 else "\N{MINUS SIGN}" if part < 0 else ""
    return f"{sign}{labels.portion(abs(part), whole)}"


def _width(part: Decimal, most: int = 100) -> str:
    """A bar's width: `part` of 100 units, never more than `most` and visible if there is any."""
    if not part:
        return "0"
    width = min(max(part * 100, Decimal("0.5")), Decimal(most))
    return f"{width.quantize(Decimal('0.1'), ROUND_HALF_EVEN):f}"


def _describe(chart: OverTime) -> str:
    """The chart over time for those who do not see it."""
    reported = [(cost, day) for day, cost in chart.by_day if cost is not None]
    (lowest, low_day), (highest, high_day) = min(reported), max(reported)
    names = labels.listed([series.name for series in chart.series], most=8)
    text = (
        f"Bar chart of the cost per day from {short_day(chart.days[0])} to "
        f"{short_day(chart.days[-1])}, stacked by feature: {names}. Lowest {dollars(lowest)} on "
        f"{short_day(low_day)}, highest {dollars(highest)} on {short_day(high_day)}."
    )
    if chart.usual:
        text += " Behind it, what is usual for all features together."
    if chart.spikes:
        text += f" Far above the usual on {days(sorted(chart.spikes))}."
    return f"{text} No report for {days(chart.missing)}." if chart.missing else text


def _describe_mover(mover: Mover) -> str:
    """The waterfall for those who do not see it."""
    parts = (
        ("calls", mover.volume),
        ("models", mover.mix),
        ("length", mover.tokens_per_call),
        ("price", mover.price),
    )
    named = [f"{what} {signed_dollars(amount)}" for what, amount in parts if amount]
    return (
        f"From {dollars(mover.baseline)} to {dollars(mover.cost)}: {', '.join(named)}"
        if named
        else f"{dollars(mover.cost)} as before"
    )
