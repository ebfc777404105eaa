"""Room for every kind: what is told by one kind in excess takes no place from another."""

from collections.abc import Iterable, Mapping


def fair_shares[K](wanted: Mapping[K, int], room: int) -> dict[K, int]:
    """How much of `room` each gets: what it wants, or an equal share of what the others leave.

    >>> fair_shares({"alerts": 2, "notices": 90, "spikes": 50}, 60)
    {'alerts': 2, 'notices': 29, 'spikes': 29}
    """
    shares = dict.fromkeys(wanted, 0)
    left, waiting = max(0, room), len(wanted)
    for kind in sorted(wanted, key=lambda kind: wanted[kind]):
        shares[kind] = min(wanted[kind], left // waiting)
        left -= shares[kind]
        waiting -= 1
    return shares


def fitting(sizes: Iterable[int], room: int) -> int:
    """How many of the things of these `sizes`, from the first on, fit into `room`."""
    count = 0
    for size in sizes:
        if size > room:
            break
        room -= size
        count += 1
    return count
