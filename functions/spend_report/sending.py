"""Who is told what, once: the alert, the chat, and on Mondays the week."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from spend_report.domain.judgement.breaches import Severity
from spend_report.domain.messages.chat import chat_messages
from spend_report.domain.messages.news import DayAlerts, keys_of, only
from spend_report.domain.messages.sns_message import compose
from spend_report.domain.messages.weekly_digest import Digest, compose_digest
from spend_report.errors import AwsError
from spend_report.ports import AlertLog, ChatRoom, Publisher

# What one audience was sent says nothing about the other: if one fails, the retry sends only it.
_CHAT = "chat/"


@dataclass(frozen=True, slots=True)
class Telling:
    """Sends what was not sent before. `room` is None where there is no chat."""

    log: AlertLog
    publisher: Publisher
    room: ChatRoom | None

    def alert(self, news: Sequence[DayAlerts]) -> int:
        """One message about everything in `news` that was not told before, if there is any.

        Returns how many of the budgets told are used up. Raises AwsError or AlertInProgressError;
        what was claimed for the message is free again.
        """
        told = self._once(news, "", lambda left: self.publisher.publish(compose(left)))
        breaches = [breach for day in told for breach in day.breaches]
        return sum(breach.severity is Severity.CRITICAL for breach in breaches)

    def chat(self, news: Sequence[DayAlerts]) -> None:
        """The same for the chat, if there is one, as a message for each feature.

        They go out under one claim: if one fails, the retry posts all of them again.
        """
        room = self.room
        if room is not None:
            self._once(news, _CHAT, lambda left: _post_all(room, left))

    def digest(self, digest: Digest) -> None:
        """The week's digest, unless it was sent before."""
        with self._claimed({digest.key}) as ours:
            if ours:
                self.publisher.publish(compose_digest(digest))

    def _once(
        self,
        news: Sequence[DayAlerts],
        audience: str,
        send: Callable[[Sequence[DayAlerts]], None],
    ) -> Sequence[DayAlerts]:
        with self._claimed({audience + key for key in keys_of(news)}) as ours:
            left = only(news, frozenset(key.removeprefix(audience) for key in ours))
            if any(day.breaches or day.notices for day in left):
                send(left)
        return left

    @contextmanager
    def _claimed(self, keys: set[str]) -> Iterator[frozenset[str]]:
        """Those of `keys` that are ours to send; sent, if the block succeeds."""
        ours = self.log.claim(keys) if keys else frozenset()
        try:
            yield ours
        except BaseException:
            with suppress(AwsError):  # the claim runs out by itself, and this error matters more
                self.log.release(ours)
            raise
        self.log.sent(ours)


def _post_all(room: ChatRoom, news: Sequence[DayAlerts]) -> None:
    for message in chat_messages(news):
        room.post(message)
