"""moto's S3, with writes that are as atomic as the real ones."""

import threading
from typing import Any


class AtomicS3:
    """S3 writes at once and as a whole; moto does in steps, so each call has it alone."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._alone = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if name not in {"put_object", "get_object", "head_object"}:
            return attribute

        def call(**arguments: Any) -> Any:
            with self._alone:
                return attribute(**arguments)

        return call
