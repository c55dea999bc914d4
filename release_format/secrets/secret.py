"""A secret text that never shows itself."""

from __future__ import annotations


class Secret:
    """A text that prints as [redacted]; only `reveal` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "[redacted]" if self._text else "''"
