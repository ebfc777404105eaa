"""Who is sent what, and what not again: the alert, the chat, and the week."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import replace
from typing import NamedTuple

from msgspec import Struct

from spend_report.domain.guard.guard_chat import guard_chat_messages
from spend_report.domain.guard.guard_message import compose_guard
from spend_report.domain.guard.guard_sentences import GuardNews
from spend_report.domain.guard.what_cannot_wait import Warned
from spend_report.domain.judgement.breaches import Severity
from spend_report.domain.judgement.tell_again import Told, again
from spend_report.domain.messages.alert_message import compose
from spend_report.domain.messages.bill_message import SEVERITY, BillNotice, compose_bill
from spend_report.domain.messages.chat import ChatMessage, chat_messages
from spend_report.domain.messages.news import DayAlerts, only
from spend_report.domain.messages.told_now import covered_by, told_now, with_told_before
from spend_report.domain.messages.weekly_digest import Digest, compose_digest
from spend_report.errors import AwsError
from spend_report.ports import AlertLog, ChatRoom, Publisher

# What one audience was sent says nothing about the other: if one fails, the retry sends only it.
_CHAT = "chat/"


class _Claim(NamedTuple):
    """The keys that are to be told, and by us; and of all that were asked for, what was told."""

    fresh: frozenset[str]
    known: Mapping[str, Told]


class Sending(Struct, frozen=True):
    """Sends what was not sent before. `room` is None where there is no chat."""

    log: AlertLog
    publisher: Publisher
    room: ChatRoom | None

    def alert(self, news: Sequence[DayAlerts]) -> int:
        """One message about everything in `news` that is to be told, if there is any.

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
        if self.room is not None:
            self._once(news, _CHAT, lambda left: self._post(chat_messages(left)))

    def digest(self, digest: Digest) -> None:
        """The week's digest, unless it was sent before."""
        now = Told(day=digest.end, severity="info", since=digest.start)
        with self._claimed({digest.key: now}) as claim:
            if claim.fresh:
                self.publisher.publish(compose_digest(digest))

    def bill(self, notice: BillNotice) -> None:
        """That a bill and the traces stay apart, unless that was told before."""
        now = Told(
            day=notice.day, severity=SEVERITY, since=notice.since, amount=notice.found.gap_usd
        )
        with self._claimed({notice.key: now}) as claim:
            if claim.fresh:
                self.publisher.publish(compose_bill(notice))

    def guard(self, news: GuardNews) -> Sequence[Warned]:
        """What the running day has to tell, each thing once a day. Returns what was told."""
        return self._once_a_day(news, "", lambda left: self.publisher.publish(compose_guard(left)))

    def guard_chat(self, news: GuardNews) -> None:
        """The same for the chat, if there is one."""
        if self.room is not None:
            self._once_a_day(news, _CHAT, lambda left: self._post(guard_chat_messages(left)))

    def _once_a_day(
        self, news: GuardNews, audience: str, send: Callable[[GuardNews], None]
    ) -> Sequence[Warned]:
        by_own_key = {audience + one.key: one for one in news.warned}

        def covered(keys: frozenset[str]) -> frozenset[str]:
            return keys | {audience + other for key in keys for other in by_own_key[key].covers}

        now = {audience + key: told for one in news.warned for key, told in one.covers.items()}
        now |= {key: one.told for key, one in by_own_key.items()}
        with self._claimed(now, covered, own=frozenset(by_own_key)) as claim:
            left = [one for key, one in by_own_key.items() if key in claim.fresh]
            if left:
                send(replace(news, warned=left))
        return left

    def _once(
        self,
        news: Sequence[DayAlerts],
        audience: str,
        send: Callable[[Sequence[DayAlerts]], None],
    ) -> Sequence[DayAlerts]:
        now = {audience + key: told for key, told in told_now(news).items()}
        with self._claimed(now, lambda keys: _with_covered(news, audience, keys)) as claim:
            plain_keys = frozenset(key.removeprefix(audience) for key in claim.fresh)
            left = only(news, plain_keys)
            if not all(day.is_empty for day in left):
                known = {key.removeprefix(audience): told for key, told in claim.known.items()}
                send(with_told_before(left, news, known, plain_keys))
        return left

    @contextmanager
    def _claimed(
        self,
        now: Mapping[str, Told],
        covered: Callable[[frozenset[str]], frozenset[str]] = lambda keys: keys,
        own: frozenset[str] | None = None,
    ) -> Iterator[_Claim]:
        """What of `now` is to be told by us; it counts as told if the block succeeds.

        `covered` adds to them what is told with them, and only the keys in `own` are looked at,
        where there are such.
        """
        wanted = {key: told for key, told in now.items() if own is None or key in own}
        known = self.log.read(wanted)
        if not _fresh(known, wanted):
            yield _Claim(frozenset(), known)
            return
        known = self.log.claim(wanted)
        fresh = _fresh(known, wanted)
        try:
            yield _Claim(fresh, known)
        except BaseException:
            with suppress(AwsError):  # the claim runs out by itself, and this error matters more
                self.log.release()
            raise
        self.log.sent({key: now[key] for key in covered(fresh)})

    def _post(self, messages: Sequence[ChatMessage]) -> None:
        if self.room is not None:
            for message in messages:
                self.log.renew()
                self.room.post(message)


def _fresh(known: Mapping[str, Told], now: Mapping[str, Told]) -> frozenset[str]:
    return frozenset(key for key, told in now.items() if again(known.get(key), told))


def _with_covered(news: Sequence[DayAlerts], audience: str, keys: frozenset[str]) -> frozenset[str]:
    plain = covered_by(news, (key.removeprefix(audience) for key in keys))
    return frozenset(audience + key for key in plain)
