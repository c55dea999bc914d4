"""Checks of one text: encoding faults, control characters, HTML, e-mail addresses, secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BIDI = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# UTF-8 read as Latin-1 or Windows-1252: a lead byte shown as a letter, then a continuation byte.
_MOJIBAKE = re.compile(
    "\\w\ufffd|\ufffd\\w|[\u00c2-\u00c3][\u0080-\u00bf]|\u00e2\u20ac[\u0080-\u00bf\u0152\u0153\u2018-\u2022\u201a-\u201e\u2122\u02dc\u2013\u2014]"
    "|\u00c3[\u0192\u2026\u201a\u201e\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d]|\u00f0\u0178"
)
_HTML = re.compile(
    r"</(?:p|div|span|b|i|a|li|ul|ol|br|td|tr|table|strong|em|h[1-6])>|<br\s*/?>|<(?:div|span|p|a|img)\s[^<>]*>"
    r"|&(?:nbsp|amp|lt|gt|quot|#\d{2,6}|#x[0-9a-fA-F]{2,6});"
)
_EMAIL = re.compile(
    r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b"
)
_SECRET = re.compile(
    r"\bAKIA[0-9A-Z]{16}\b|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    r"|\bglpat-[A-Za-z0-9_-]{20}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk_live_[A-Za-z0-9]{20,}"
    r"|\b[a-z][a-z0-9+]{2,12}://[^\s:/@]{1,64}:(?!pass|secret|pwd|\W)[^\s:/@]{3,64}@"
)


def not_utf8(text: str) -> str:
    """Bytes that were not UTF-8, and came through as lone surrogates."""
    if text.isascii():
        return ""
    return "holds bytes that are not UTF-8" if _SURROGATE.search(text) else ""


def control(text: str) -> str:
    """Control characters, except tab and line end."""
    match = _CONTROL.search(text)
    return f"holds the control character U+{ord(match[0]):04X}" if match else ""


def bidi(text: str) -> str:
    """Characters that nobody sees and that turn or split what is read."""
    if text.isascii():
        return ""
    match = _BIDI.search(text)
    return f"holds the invisible character U+{ord(match[0]):04X}" if match else ""


def mojibake(text: str) -> str:
    """UTF-8 that somebody read as something else, or that was lost on the way."""
    if text.isascii():
        return ""
    match = _MOJIBAKE.search(text)
    return f"holds {match[0]!r}, text in a wrong encoding" if match else ""


def html(text: str) -> str:
    """Left-overs of a web page."""
    if "<" not in text and "&" not in text:
        return ""
    match = _HTML.search(text)
    return f"holds {match[0][:40]!r}, a left-over of HTML" if match else ""


def email(text: str) -> str:
    """An e-mail address."""
    return "holds an e-mail address" if "@" in text and _EMAIL.search(text) else ""


def secret(text: str) -> str:
    """A key, token or password. The reason never repeats it."""
    return "holds what looks like a key or password" if _SECRET.search(text) else ""


def strip_invisible(text: str) -> str:
    """The text without the characters that `bidi` finds."""
    return _BIDI.sub("", text).strip()


TEXT_CHECKS: Mapping[str, Callable[[str], str]] = {
    "utf-8": not_utf8,
    "control-characters": control,
    "bidi-characters": bidi,
    "mojibake": mojibake,
    "html-leftovers": html,
    "email-address": email,
    "secret": secret,
}
