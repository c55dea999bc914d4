"""Redaction of passwords, tokens and signatures in text that people read."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape
from itertools import chain
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from release_format.secrets.secret_names import (
    carries_secret,
    is_count,
    is_drawn,
    is_secret_in_text,
)
from release_format.secrets.source_address import secrets_of_source

HIDDEN = "[redacted]"
SHORTEST_KNOWN = 6
# `%3A%2F%2F` and `%253A%252F%252F` are addresses too: libraries quote them, and addresses carry
# other addresses; JSON writes `:\/\/`.
_PLAIN_USER = re.compile(
    r"\b([a-z][a-z0-9+.-]{0,40}):\\?/\\?/([^\s/?#\"'<>]{1,500})@", re.IGNORECASE
)
# A password with a slash in it ends where the @ is; a port followed by a path is no password.
_SLASHED_USER = re.compile(
    r"://[^\s/?#@:\[\"'<>]{0,200}:(?!\d{1,5}(?:[/?#\s]|$))([^\s@\"'<>]{1,300}?)@"
)
_QUOTED_USER = re.compile(
    r"%(?P<by>(?:25)*)3A(?://|%(?P=by)2F%(?P=by)2F)(?P<user>(?:(?!%(?P=by)(?:2F|3F|23))[^\s/?#&]){1,500}?)%(?P=by)40",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\bbearer +((?=\S*[\d=+/])[\w+/=.~-]{8,})", re.IGNORECASE)
# What `Basic` has after it is base64; "Basic python3-tutorial" is a title.
_BASIC_HEADER = re.compile(
    r"(?:\bauthorization\W{1,6}basic +|\bbasic +(?=\S{8})(?=\S*[\d=+/])(?-i:(?=\S*[A-Z])))"
    r"([\w+/]{4,}={0,2})(?![\w.-])",
    re.IGNORECASE,
)
_BEGINS = r"(?:(?<![\w.~+%\[\]-])|(?<=%3F)|(?<=%26)|(?<=%23)|(?<=253F)|(?<=2526)|(?<=2523))"
_NAME = re.compile(
    rf"{_BEGINS}(?P<name>(?:[\w.~+\[\]-]|%(?!(?:25)*(?:3[ADF]|2[36F]|40))[0-9A-F]{{2}}){{1,400}})(?:=|%(?P<by>(?:25)*)3D)",
    re.IGNORECASE,
)
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s&\"'<>]+")
# One that no name gives away ends at the next address, too: each letter is looked at once.
_UNNAMED = re.compile(r"[^\s&?\"'<>]+")
_AFTER = ").,;:]}"
_USERS = ((_SLASHED_USER, 1), (_QUOTED_USER, "user"), (_HEADER, 1), (_BASIC_HEADER, 1))

# What is redacted wherever it stands, and what stands there then.
_known: dict[str, str] = {}


def redacted(text: str) -> str:
    """The text with `[redacted]` for each password, token and signature of an address, and each
    known secret."""
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text:
            text = _known[secret].join(_pattern(secret).split(text))
    return _without(text, _secrets(text))


def redacted_address(address: str) -> str:
    """A source's own address without its secrets: parsed, and every parameter that could open it.

    The same address gives the same text, whatever else is known.
    """
    parsed = ((secret.start, secret.stop) for secret in secrets_of_source(address))
    return _without(address, _new(address, chain(parsed, _secrets(address))))


def _without(text: str, places: Iterable[tuple[int, int]]) -> str:
    pieces, end = [], 0
    for start, stop in sorted(places):
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
            _know(text[start:stop].strip("'\""))
        for start, stop, name, is_named in secrets_of_source(text):
            secret = text[start:stop]
            if is_named or not secret.isalpha():
                _know(secret)
            if name:
                _known.update({f"{name}={form}": f"{name}={HIDDEN}" for form in _forms(secret)})


def _know(secret: str) -> None:
    words = secret.split(":", 1)
    header = base64.b64encode(unquote(secret).encode(errors="replace")).decode()
    forms = {form for word in {secret, words[-1]} for form in _forms(word)} | {header}
    _known.update({form: HIDDEN for form in forms if len(form) >= SHORTEST_KNOWN})


def forget_secrets() -> None:
    """Another run begins."""
    _known.clear()


def _forms(secret: str) -> set[str]:
    """How libraries write a secret: quoted as much as they like, in JSON, HTML and Python."""
    plain = unquote(secret)
    quoted = {quote(word, safe=safe) for word in (plain, secret) for safe in ("", "!$&'()*+,;=:@/")}
    lowered = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in quoted}
    written = {form for word in (plain, secret) for form in (json.dumps(word)[1:-1], escape(word))}
    return {
        secret,
        plain,
        unquote_plus(secret),
        quote_plus(plain),
        repr(plain)[1:-1],
        *quoted,
        *lowered,
        *written,
    }


@lru_cache(256)
def _pattern(secret: str) -> re.Pattern[str]:
    """A known secret, but not inside a word. One that is a plain word stays as a part of a path:
    `var/reports/` shows nothing of a password `reports`."""
    word = re.escape(secret)
    before = r"(?<!\w)" if re.match(r"\w", secret) else ""
    after = r"(?!\w)" if re.search(r"\w$", secret) else ""
    if secret.isalpha() and secret.islower():
        before += rf"(?!(?<=[^/:]/){word}(?!@))(?!(?<![:=]){word}/)"
    return re.compile(before + word + after)


def _secrets(text: str) -> Iterator[tuple[int, int]]:
    """Where secrets stand. What was redacted before is none."""
    return _new(text, chain(_of_users(text), _of_parameters(text)))


def _new(text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    return (
        (start, stop)
        for start, stop in places
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
    for pattern, group in _USERS:
        for match in pattern.finditer(text):
            yield match.span(group)


def _of_parameters(text: str) -> Iterator[tuple[int, int]]:
    """The values of `name=value` whose name says that it is a secret, in an address or not; and
    drawn ones."""
    end = 0
    for match in _NAME.finditer(text):
        start, name = match.start(), match["name"]
        before = text[max(0, start - 16) : start]
        in_address = before.endswith(("?", "&", "#", ";")) or match["by"] is not None
        may_be_named = carries_secret(name)
        if start < end or not (may_be_named or in_address):
            continue
        pattern = _value(match["by"]) if may_be_named else _UNNAMED
        if value := pattern.match(text, match.end()):
            written = value[0].rstrip(_AFTER)
            if _is_secret(name, written, before, in_address):
                end = value.start() + len(written)
                yield value.start(), end


def _is_secret(name: str, value: str, before: str, in_address: bool) -> bool:
    if not in_address:
        return is_secret_in_text(name, value, before)
    return is_drawn(value) or (carries_secret(name) and not is_count(name, value))


@lru_cache(8)
def _value(quoted_by: str | None) -> re.Pattern[str]:
    """What a value is; in a quoted address it ends where that address has its next parameter,
    quoted as often."""
    return (
        _VALUE
        if quoted_by is None
        else re.compile(rf"(?:(?!%{quoted_by}(?:26|23))[^\s&\"'<>])+", re.IGNORECASE)
    )
