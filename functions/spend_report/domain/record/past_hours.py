"""The hours of a past day, decoded only where somebody asks for them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

import msgspec
from msgspec import Struct, field

from spend_report.domain.record.summary_fields import FeatureHours

_decoder = msgspec.json.Decoder(dict[str, FeatureHours])
_HOUR = timedelta(hours=1)


class PastHours(Struct, frozen=True):
    """What the features of a day came to in each of its UTC hours, from `first` on.

    `body` is that part of the record as it was written, and `aliases` are other names of features.
    """

    first: datetime
    body: bytes
    aliases: Mapping[str, str] = field(default_factory=dict)

    def features(self) -> Iterator[tuple[str, FeatureHours]]:
        """The features under their names of today, one of them perhaps several times."""
        try:
            found = _decoder.decode(self.body)
        except msgspec.MsgspecError:  # a day without hours is one that nothing is learnt from
            return
        for name, hours in found.items():
            yield self.aliases.get(name, name), hours

    def calls(self) -> Sequence[int]:
        """The calls of all features in each hour."""
        return [*map(sum, zip_longest(*(hours.calls for _, hours in self.features()), fillvalue=0))]

    def starts(self, count: int) -> Sequence[datetime]:
        """The first instants of the first `count` hours."""
        return [self.first + number * _HOUR for number in range(count)]
