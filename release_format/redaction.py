"""Redaction of passwords, tokens and signatures in text that people read."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

HIDDEN = "[redacted]"
SHORTEST_KNOWN = 6
# `%3A%2F%2F` and `%253A%252F%252F` are addresses too: libraries quote them, and addresses carry
# other addresses.
_PLAIN_USER = re.compile(r"\b([a-z][a-z0-9+.-]{0,40})://([^\s/?#\"'<>]{1,500})@", re.IGNORECASE)
# A password with a slash in it ends where the @ is; a port followed by a path is no password.
_SLASHED_USER = re.compile(
    r"://[^\s/?#@:\[\"'<>]{0,200}:(?!\d{1,5}(?:[/?#\s]|$))([^\s@\"'<>]{1,300}?)@"
)
_QUOTED_USER = re.compile(
    r"%(?P<by>(?:25)*)3A%(?P=by)2F%(?P=by)2F(?P<user>(?:(?!%(?P=by)(?:2F|3F|23))[^\s/?#&]){1,500}?)%(?P=by)40",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b(?:basic|bearer) +((?=\S*[\d=+/])[\w+/=.~-]{8,})", re.IGNORECASE)
_BEGINS = r"(?:(?<![\w.~+%\[\]-])|(?<=%3F)|(?<=%26)|(?<=%23)|(?<=253F)|(?<=2526)|(?<=2523))"
_NAME = re.compile(
    rf"{_BEGINS}(?P<name>(?:[\w.~+\[\]-]|%(?!(?:25)*(?:3[ADF]|2[36F]|40))[0-9A-F]{{2}})+)(?:=|%(?P<by>(?:25)*)3D)",
    re.IGNORECASE,
)
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s&\"'<>]+")
_AFTER = ").,;:]}"
# What a parameter's name says when its value is a secret: somewhere in it, or as one of its words.
_ANYWHERE = (
    "token",
    "secret",
    "passw",
    "passphrase",
    "pwd",
    "signature",
    "credential",
    "apikey",
    "accesskey",
    "authoriz",
    "session",
    "jwt",
    "hmac",
    "cookie",
)
_AS_WORD = {"key", "keys", "sig", "sign", "sas", "pass", "pw", "auth", "oauth", "sid", "otp", "pin"}
_WHOLE = {"code"}
_SIGNED = ("x-amz-", "x-goog-", "x-oss-", "x-ms-")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Long, and small and capital letters and digits in a mix: nobody names a thing so.
_DRAWN = re.compile(r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w+/=~%-]{24,}")

_known: set[str] = set()


def redacted(text: str) -> str:
    """The text with `[redacted]` for each password, token and signature of an address, and each
    known secret."""
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    pieces, end = [], 0
    for start, stop in sorted(_secrets(text)):
        if start >= end:
            pieces += [text[end:start], HIDDEN]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


def without_secrets(value: Any) -> Any:
    """The same JSON value with every text in it redacted."""
    if isinstance(value, Mapping):
        return {name: without_secrets(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else redacted(str(value))


def hides(text: str) -> bool:
    """Whether something was taken out of this text."""
    return HIDDEN in text


def know_secrets_of(*texts: str) -> None:
    """From now on the secrets of these addresses are redacted wherever they stand, quoted or not.

    A library's message may show a password without its address. Short ones stay: they are in every
    other word.
    """
    for text in texts:
        for start, stop in _secrets(text):
            secret = text[start:stop].strip("'\"")
            words = secret.split(":", 1)
            plain = unquote(secret)
            header = base64.b64encode(plain.encode()).decode()
            forms = {form for word in {secret, words[-1]} for form in _forms(word)} | {header}
            _known.update(form for form in forms if len(form) >= SHORTEST_KNOWN)


def forget_secrets() -> None:
    """Another run begins."""
    _known.clear()


def _forms(secret: str) -> set[str]:
    plain = unquote(secret)
    return {
        secret,
        plain,
        unquote_plus(secret),
        quote(plain, safe=""),
        quote_plus(plain),
        quote(secret, safe=""),
    }


def _secrets(text: str) -> Iterator[tuple[int, int]]:
    """Where secrets stand. What was redacted before is none."""
    found = chain(_of_users(text), _of_parameters(text))
    return (
        (start, stop)
        for start, stop in found
        if start < stop and HIDDEN[:-1] not in text[start:stop]
    )


def _of_users(text: str) -> Iterator[tuple[int, int]]:
    for match in _PLAIN_USER.finditer(text):
        start, stop = match.span(2)
        name, colon, _ = match[2].partition(":")
        if match[1].lower().rpartition("+")[2] in ("http", "https", "ftp", "ftps"):
            yield start, stop  # a token may stand in the place of the name
        elif colon:
            yield start + len(name) + 1, stop
    for pattern, group in ((_SLASHED_USER, 1), (_QUOTED_USER, "user"), (_HEADER, 1)):
        for match in pattern.finditer(text):
            yield match.span(group)


def _of_parameters(text: str) -> Iterator[tuple[int, int]]:
    """The values of `name=value` whose name says that it is a secret, in an address or not; and
    drawn ones."""
    end = 0
    for match in _NAME.finditer(text):
        in_address = text[match.start() - 1 : match.start()] in ("?", "&")
        named = carries_secret(match["name"])
        if match.start() < end or not (named or in_address):
            continue
        if value := _value(match["by"]).match(text, match.end()):
            stop = value.start() + len(value[0].rstrip(_AFTER))
            if named or _DRAWN.fullmatch(text, value.start(), stop):
                yield value.start(), stop
                end = stop


@lru_cache(8)
def _value(quoted_by: str | None) -> re.Pattern[str]:
    """What a value is; in a quoted address it ends where that address has its next parameter,
    quoted as often."""
    return (
        _VALUE
        if quoted_by is None
        else re.compile(rf"(?:(?!%{quoted_by}(?:26|23))[^\s&\"'<>])+", re.IGNORECASE)
    )


def carries_secret(name: str) -> bool:
    """Whether a parameter of this name holds a secret: token, X-Amz-Signature, apiKey, %73ig …"""
    plain = unquote(unquote(name))
    letters = re.sub(r"[^a-z]", "", plain.lower())
    words = {word.lower() for word in _WORDS.findall(plain)} | {letters}
    return (
        any(part in letters for part in _ANYWHERE)
        or bool(words & _AS_WORD)
        or letters in _WHOLE
        or plain.lower().startswith(_SIGNED)
    )
