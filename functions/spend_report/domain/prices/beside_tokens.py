"""What providers charge for beside the tokens of text, where a run shows that there was such.

No client writes how many of its tokens are of pictures that a model drew, nor how often it
searched the web. That a model draws or searches, its name tells.
"""

import re
from enum import StrEnum


class Fee(StrEnum):
    """What is charged for, and is in no price per token of text."""

    IMAGES = "image output"
    SEARCHES = "web searches"
    CITATIONS = "citations"


_MODELS = (
    # gpt-image-1, gemini-2.5-flash-image, gemini-nano-banana-2.1; not titan-embed-image-v1
    (Fee.IMAGES, re.compile(r"^(?!.*embed)(?:.*[-./])?(?:image|nano-banana)(?:[-.:@].*)?$")),
    # sonar-pro, gpt-4o-search-preview, gpt-5-search-api, o3-deep-research
    (
        Fee.SEARCHES,
        re.compile(r"(?:^|/)sonar(?:-|$)|-search-(?:preview|api)(?:-|$)|-deep-research(?:-|$)"),
    ),
)


def fee(model: str) -> Fee | None:
    """What calls of `model` are charged beside their tokens; None if nothing by its name.

    >>> fee("gemini-2.5-flash-image")
    <Fee.IMAGES: 'image output'>
    """
    name = model.lower()
    return next((fee for fee, pattern in _MODELS if pattern.search(name)), None)
