"""What a worker hands back, ready for the wire."""

import json
from dataclasses import dataclass
from typing import Any, Final

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """
    Body, media type, status and further headers of a response.

    ``packed`` is the body in gzip, empty where that was not worth it; ``etag`` tells one body from another. Workers
    fill in both.
    """

    body: bytes
    media_type: str = HTML
    status: int = 200
    headers: tuple[Header, ...] = ()
    packed: bytes = b""
    etag: str = ""

    @property
    def size(self) -> int:
        """Bytes that keeping it takes."""
        return len(self.body) + len(self.packed)


def to_json(value: Any, status: int = 200, media_type: str = JSON) -> Reply:
    """A value of plain Python types as compact JSON in UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate has no UTF-8; it can only have come from what a client sent.
    return Reply(text.encode("utf-8", "replace"), media_type, status)
