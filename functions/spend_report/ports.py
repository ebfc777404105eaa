"""What the daily job needs from outside, in its own words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from spend_report.domain.bills.bill import Bill
from spend_report.domain.bills.bill_record import BillRecord
from spend_report.domain.bills.compare import DayComparison
from spend_report.domain.judgement.tell_again import Told
from spend_report.domain.messages.alert_message import Message
from spend_report.domain.messages.chat import ChatMessage
from spend_report.domain.parts.part import Part
from spend_report.domain.parts.windows import Window
from spend_report.domain.record.history import History, PastDay
from spend_report.domain.reports.day_report import DayReport
from spend_report.domain.reports.report_set import ReportFile
from spend_report.domain.runs.run import Ancestor, Project, Run

type Take = Callable[[Project, Sequence[Run]], None]
"""Takes runs of a project as they arrive, each once, in any order."""


class ExpectedRuns(NamedTuple):
    """About how many runs there will be, and how many in equal parts of the time, where known."""

    runs: int
    shares: Sequence[int] = ()


type Span = tuple[datetime, datetime]
"""The instants `start <= t < end`."""


class RunSource(Protocol):
    """Where runs come from: the configured projects.

    Everything here raises UnknownProjectError where one of them does not exist.
    """

    def read(
        self, start: datetime, end: datetime, take: Take, expected: ExpectedRuns | None = None
    ) -> int:
        """Hand every LLM run with `start <= start_time < end` to `take`, once.

        What is known of how many to expect saves requests and time, and changes nothing else.
        Returns the number of items that LangSmith sent and that have no readable id or start.
        Raises LangSmithError unless all of them were read.
        """
        ...

    def count(self, start: datetime, end: datetime, spans: int) -> list[float]:
        """About how many LLM runs start in each of so many equal spans of the time.

        Costs a request for each span and project. Raises LangSmithError.
        """
        ...

    def ancestors(self, ids: Mapping[str, datetime | None], day: Span) -> Mapping[str, Ancestor]:
        """Those of the runs `ids`, of any type, that exist.

        The values say when they started, as far as that is known; the others are ancestors
        of runs of `day`.
        """
        ...

    def outside(
        self,
        day: Span,
        *,
        ancestors: Mapping[str, datetime | None],
        before: Mapping[str, datetime | None],
        after: Span | None,
        take: Take,
    ) -> "Outside":
        """What lies outside `day`: those of its runs' `ancestors` that exist, as by `ancestors`.

        The LLM runs among the runs `before`, and those that start in the span `after`, are handed
        to `take` before the ancestors are known; a run that is both may be handed twice.
        """
        ...


class Outside(Protocol):
    """What is asked about a day's surroundings: at once, and waited for when it is needed.

    Until the names were waited for, nothing else may be asked of its source.
    """

    def ask_names(self, ids: Iterable[str]) -> None:
        """Ask for the names of the runs `ids` as well; nothing waits for them but `names`."""
        ...

    def ancestors(self) -> Mapping[str, Ancestor]:
        """The ancestors, once all is known but names. Raises LangSmithError."""
        ...

    def names(self) -> Mapping[str, str]:
        """The names of those runs that exist. Raises LangSmithError."""
        ...


class PartStore(Protocol):
    """Where parts of days go and come from."""

    def write(self, day: date, window: Window, part: Part) -> str:
        """Write the part of `day` that `window` is, again the same bytes; where it lies then."""
        ...

    def read(self, day: date, windows: Sequence[Window]) -> list[Part]:
        """The parts of `day`. Raises MissingPartError, naming the first that is not there."""
        ...


class ReportStore(Protocol):
    """Where reports go and come from."""

    def write(self, day: date, files: Sequence[ReportFile]) -> None:
        """Write `files` in order, then their `latest/` copies if no newer day is there."""
        ...

    def uri(self, report: str, day: date, suffix: str) -> str:
        """Where a report of `day` lies."""
        ...

    def past(self, day: date) -> PastDay | None:
        """`day` as its record tells; None where it was not reported."""
        ...

    def history(self, day: date) -> History:
        """The days before `day` that were reported to their end."""
        ...

    def first_day(self) -> date | None:
        """The first day that was ever reported to its end."""
        ...


class Observer(Protocol):
    """Who watches the job."""

    def breached(self, budgets: int) -> None:
        """So many budgets are newly used up, and somebody was told."""
        ...

    def warned(self, things: int, *, budgets: int) -> None:
        """The guard told `things` of the running day, among them so many used-up `budgets`."""
        ...

    def looked(self, look: Mapping[str, object]) -> None:
        """The guard looked at the running day; `look` is what its invocation returns."""
        ...

    def passed_over(self, objects: Mapping[str, str]) -> None:
        """`objects` lie in the place of records and are none, for the reason given by their key."""
        ...

    def reported(self, report: DayReport, *, scheduled: bool) -> None:
        """A day was reported, and everything about it told."""
        ...

    def compared(self, found: DayComparison) -> None:
        """The bills of a UTC day were set beside its traces, or were not, and why."""
        ...


class BillSource(Protocol):
    """Where the bills of a provider come from."""

    @property
    def provider(self) -> str: ...

    def bill(self, day: date) -> Bill:
        """The bill of the UTC day `day`. Raises BillError where it can't be had."""
        ...


class BillStore(Protocol):
    """Where compared bills go and come from."""

    def write(self, table: bytes, record: BillRecord) -> None:
        """Write a day's table, then what is remembered of it."""
        ...

    def uri(self, day: date) -> str:
        """Where the table of `day` lies."""
        ...

    def records(self, days: Sequence[date]) -> Mapping[date, BillRecord]:
        """What is remembered of those of `days` that were compared."""
        ...

    def traced(self, days: Sequence[date]) -> Sequence[bytes]:
        """The records of those of `days` that were reported."""
        ...


class AlertLog(Protocol):
    """Remembers what was told, over all invocations.

    Who wants to tell something claims the log, looks again, sends, and says what was sent.
    """

    def read(self, keys: Iterable[str]) -> Mapping[str, Told]:
        """Those of `keys` that were told, with the figures of then."""
        ...

    def claim(self, keys: Iterable[str]) -> Mapping[str, Told]:
        """The same; from here on nobody else sends anything, for the time that one sending takes.

        Raises AlertInProgressError where another invocation is at it and does not finish.
        """
        ...

    def renew(self) -> None:
        """The claim holds for another sending. Raises AlertInProgressError where it was lost."""
        ...

    def sent(self, told: Mapping[str, Told]) -> None:
        """What was `told`, by its key; the claim ends."""
        ...

    def release(self) -> None:
        """Sending failed; the next one may try."""
        ...


class Publisher(Protocol):
    """Who is told: the readers of the alert topic."""

    def publish(self, message: Message) -> None:
        """Hand `message` over, once. Raises AwsError where it was not taken."""
        ...


class ChatRoom(Protocol):
    """A chat, whose messages have a form of their own."""

    def post(self, message: ChatMessage) -> None:
        """Hand `message` over, once. Raises AwsError where it was not taken."""
        ...
