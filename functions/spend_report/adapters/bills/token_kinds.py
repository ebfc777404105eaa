"""Which kind of token a bill's words mean."""

import re

from spend_report.domain.bills.bill import TokenKind

# Beside text tokens these have prices of their own, which nobody knows here.
_NO_TEXT = re.compile(
    r"audio|image|video|search|fine.?tun|training|storage|session|minute|second|hour"
    r"|character|execution|interpreter|vector|realtime|transcri|speech|gibibyte"
)
_KINDS = (
    (TokenKind.CACHE_WRITE, re.compile(r"cache.?(?:write|creation)|written.?to.?cache")),
    (TokenKind.CACHED_INPUT, re.compile(r"(?<!un)cache")),
    (TokenKind.OUTPUT, re.compile(r"output|completion|response|generated")),
    (TokenKind.INPUT, re.compile(r"input|prompt|context")),
)


def token_kind(words: str) -> TokenKind:
    """The kind that `words` of a bill mean; `OTHER` for everything but text tokens.

    >>> str(token_kind("cached_input_tokens")), str(token_kind("audio_input_tokens"))
    ('cached_input', 'other')
    """
    lower = words.lower()
    if _NO_TEXT.search(lower):
        return TokenKind.OTHER
    return next((kind for kind, words in _KINDS if words.search(lower)), TokenKind.OTHER)
