"""Addresses of a source, taken apart: where in them its secrets stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from release_format.secrets.secret_names import carries_secret, is_count, opens_a_source

# An address begins an argument, follows its option, or is chained (`zip://a.csv::https://…`).
_BEGINS = re.compile(r"(?:^|::|^--?[\w-]+=)(?=[a-z][a-z0-9+.-]{0,40}://)", re.IGNORECASE)
# The parts of RFC 3986. Nothing but its delimiters ends a part: a password may hold quotes.
_SERVER = re.compile(r"(?P<scheme>[^:]+)://(?P<server>[^/?#]*)")
_REST = re.compile(r"[^?#]*(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?", re.DOTALL)
# A password with a slash or a question mark in it ends where the @ is; a port is no password.
_SLASHED = re.compile(r"[^/?#@:\[]*:(?!\d{1,5}(?:[/?#]|$))(?P<password>[^@]*)@")
_PARAMETER = re.compile(r"[^&]+")
_WEB = ("http", "https", "ftp", "ftps")


class SourceSecret(NamedTuple):
    """Where a secret stands in an address; its parameter's name, and whether that says so."""

    start: int
    stop: int
    name: str
    is_named: bool


def secrets_of_source(text: str) -> Iterator[SourceSecret]:
    """The secrets of a text that is an address; none of any other text."""
    begins = [match.end() for match in _BEGINS.finditer(text)]
    for start, stop in pairwise([*begins, len(text)]):
        if server := _SERVER.match(text, start, stop):
            user = _user(text, server, stop)
            if user:
                yield user
            rest = _REST.match(text, max(server.end(), user.stop if user else 0), stop)
            for group in ("query", "fragment"):
                yield from _of_parameters(text, *(rest.span(group) if rest else (0, 0)))


def _user(text: str, server: re.Match[str], stop: int) -> SourceSecret | None:
    start, end = server.span("server")
    if (at := text.rfind("@", start, end)) < 0:
        slashed = _SLASHED.match(text, start, stop)
        return SourceSecret(*slashed.span("password"), "", True) if slashed else None
    if server["scheme"].lower().rpartition("+")[2] in _WEB:
        return SourceSecret(start, at, "", True)  # a token may stand in the place of the name
    colon = text.find(":", start, at)
    return SourceSecret(colon + 1, at, "", True) if colon >= 0 else None


def _of_parameters(text: str, start: int, stop: int) -> Iterator[SourceSecret]:
    for match in _PARAMETER.finditer(text, max(start, 0), max(stop, 0)):
        name, equals, value = match[0].partition("=")
        if equals and opens_a_source(name, value) and not is_count(name, value):
            yield SourceSecret(match.end() - len(value), match.end(), name, carries_secret(name))
        elif not equals and len(name) >= 6 and not name.isalpha():
            yield SourceSecret(*match.span(), "", True)  # the whole query is a token
