"""One colour per feature, the same on every day's page.

There are six hues (in the style sheet, `--hue-1` … `--hue-6`), because more cannot be told
apart by everybody: they and the two greys keep a distance of at least 0.08 in OKLab also as
people with protanopia, deuteranopia and tritanopia see them, in light and in dark. The
costliest features get a hue, `untagged` has a grey of its own, all others share the last grey.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from spend_report.domain.basics.names import UNTAGGED

HUES = 6
OTHER = "other"
_SLOTS = tuple(f"hue-{number}" for number in range(1, HUES + 1))


def slots(features: Iterable[str]) -> Mapping[str, str]:
    """The colour slot (a CSS class) of each of `features`, costliest first.

    The slot follows from the name's hash, so a feature keeps its colour from day to day. Where
    two of the costliest want the same one, the first by name gets it and the second takes its
    next choice, so it is who is shown that matters and not their order of the day.
    """
    ranked = list(features)
    chosen = dict.fromkeys(ranked, OTHER)
    free = set(_SLOTS)
    for name in sorted([name for name in ranked if name != UNTAGGED][:HUES]):
        chosen[name] = next(slot for slot in _choices(name) if slot in free)
        free.remove(chosen[name])
    if UNTAGGED in chosen:
        chosen[UNTAGGED] = UNTAGGED
    return chosen


def _choices(name: str) -> tuple[str, ...]:
    """All slots in the order in which `name` would like them."""
    first = int.from_bytes(sha256(name.encode("utf-8", "replace")).digest()[:4]) % HUES
    return _SLOTS[first:] + _SLOTS[:first]
