"""Colours that stay with a feature, and that everybody can tell apart."""

import math
import re
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.page import palette

NAMES = ["rag-search", "agent-copilot", "summarizer", "email-drafts", "untagged"]
DEMO_SLOTS = {
    "rag-search": "hue-3",
    "agent-copilot": "hue-6",
    "summarizer": "hue-2",
    "email-drafts": "hue-1",
    "untagged": "untagged",
}

# How people see linear RGB: Machado, Oliveira, Fernandes (2009), severity 1.0.
SIGHT = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def test_the_slots_of_the_demo() -> None:
    """The demo's features have these colours, on every day and in every release."""
    assert dict(palette.slots(NAMES)) == DEMO_SLOTS


def test_order_does_not_matter() -> None:
    """Which feature is the costliest today does not change a colour."""
    for order in permutations(NAMES):
        assert dict(palette.slots(order)) == DEMO_SLOTS


@given(st.lists(st.text(), unique=True, max_size=20))
def test_at_most_one_feature_per_hue(names: list[str]) -> None:
    """The six costliest tagged features have a hue each, all others share the grey."""
    slots = palette.slots(names)

    hued = [name for name in names if slots[name].startswith("hue-")]
    assert hued == [name for name in names if name != "untagged"][:6]
    assert len({slots[name] for name in hued}) == len(hued)
    assert {slots[name] for name in names} - {slots[name] for name in hued} <= {"other", "untagged"}


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_tell_them_apart(scheme: str, sight: str) -> None:
    """All eight colours are at least 0.08 apart in OKLab, also with one kind of cone missing."""
    colours = _colours(scheme)
    seen = {name: _oklab(_through(SIGHT[sight], rgb)) for name, rgb in colours.items()}

    distances = {
        pair: math.dist(seen[pair[0]], seen[pair[1]]) for pair in combinations(sorted(seen), 2)
    }

    assert len(seen) == 8
    assert min(distances.values()) >= 0.08, min(distances.items(), key=lambda item: item[1])


def _colours(scheme: str) -> dict[str, tuple[float, ...]]:
    style = (Path(palette.__file__).parent / "templates" / "report.css").read_text("utf-8")
    light, dark = style.split("@media screen and (prefers-color-scheme: dark)")
    part = light if scheme == "light" else dark
    found = re.findall(r"--(hue-\d|untagged|other): #([0-9a-f]{6})", part)
    return {
        name: tuple(_linear(int(code[at : at + 2], 16) / 255) for at in (0, 2, 4))
        for name, code in found
    }


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _through(matrix: tuple[tuple[float, ...], ...], rgb: tuple[float, ...]) -> list[float]:
    seen = [sum(weight * part for weight, part in zip(row, rgb, strict=True)) for row in matrix]
    return [min(1.0, max(0.0, part)) for part in seen]


def _oklab(rgb: list[float]) -> tuple[float, float, float]:
    """https://bottosson.github.io/posts/oklab/"""
    red, green, blue = rgb
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
