"""Names and values of parameters: which of them hold a secret."""

from __future__ import annotations

import re
from urllib.parse import unquote

# Somewhere in a name: a secret, wherever it stands.
_ANYWHERE = (
    "token",
    "secret",
    "passw",
    "passcode",
    "passphrase",
    "pincode",
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
# The same letters in words that are none.
_INNOCENT = re.compile(r"tokeni[sz]\w*|secretar\w*|monkeys?$|turkeys?$|hockey$|jockeys?$|donkeys?$")
# As one of a name's words: a secret in an address; elsewhere it depends on the value.
_AS_WORD = {"key", "keys", "sig", "sign", "sas", "pass", "pw", "auth", "oauth", "sid", "otp", "pin"}
_IN_ADDRESS = {"ticket", "assertion", "bearer", "nonce", "hash", "signed"}
_WHOLE = {"code", "st", "policy", "md5"}
_SIGNED = ("x-amz-", "x-goog-", "x-oss-", "x-ms-")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# `max_tokens=256` counts them.
_COUNTED = {"tokens", "keys", "sessions", "cookies", "signatures"}
_OF_A_TABLE = {"primary", "foreign", "unique", "sort", "group", "join", "partition", "row", "cache"}
# Parameters of a source that choose what it gives, and open nothing.
_HARMLESS = re.compile(
    r"action|alt|api_version|author|branch|cat|category|charset|city|collection|columns|"
    r"country|country_code|currency|database|date|day|dbname|delimiter|dl|download|encoding|"
    r"end|export|expires|feed|fields|file|filename|filter|format|from|gid|header|host|id|"
    r"keyword|lang|language|limit|locale|month|name|offset|op|order|output|page|page_size|"
    r"pagesize|path|per_page|port|q|query|raw|ref|region|rows|search|select|sep|sheet|since|"
    r"size|sort|sr|sslmode|start|sv|tab|table|timezone|title|to|topic|type|tz|until|user|"
    r"username|v|ver|version|view|year",
    re.IGNORECASE,
)
# Long, and small and capital letters and digits in a mix, or small letters and digits without a
# mark between them: nobody names a thing so.
_DRAWN = re.compile(
    r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w+/=~%-]{24,}|(?=.*\d)(?=.*[a-z])[0-9a-z]{20,}"
)
_SHORTEST = 4


def carries_secret(name: str) -> bool:
    """Whether an address' parameter of this name holds a secret: token, X-Amz-Signature, apiKey,
    rlkey, %73ig …"""
    plain, words = _words(name)
    return (
        is_strong(name)
        or bool(set(words) & (_AS_WORD | _IN_ADDRESS))
        or any(_ends_in_key(word) for word in words)
        or plain.lower() in _WHOLE
    )


def is_strong(name: str) -> bool:
    """Whether nothing but a secret has such a name, in an address or not."""
    plain, words = _words(name)
    letters = _INNOCENT.sub("", "".join(words[:-1]))
    return any(part in letters for part in _ANYWHERE) or plain.lower().startswith(_SIGNED)


def is_secret_in_text(name: str, value: str, before: str) -> bool:
    """Whether `name=value` that stands in no address is a secret; `before` is the text before it.

    A program says `exit code=3`, `pass=12`, `primary key=id` and `sid=unstable`.
    """
    value = value.strip("'\"")
    plain, words = _words(name)
    if is_count(name, value):
        return False
    if is_strong(name):
        return True
    last = words[-2] if len(words) > 1 else ""
    has_digit = any(letter.isdigit() for letter in value)
    if _ends_in_key(last):
        around = {*words, *re.findall(r"[a-z]+", before.lower())[-1:]}
        return len(value) >= 6 and not around & _OF_A_TABLE
    if last in ("sid", "pin", "sign") or plain.lower() == "code":
        return has_digit and len(value) >= (12 if last == "code" else 6)
    if last == "pass":
        return len(value) >= 6 or (has_digit and not value.isdigit() and len(value) >= _SHORTEST)
    return last == "pw" or (last in _AS_WORD and len(value) >= 6)


def is_count(name: str, value: str) -> bool:
    """Whether the name is a plural and the value a number: they are counted."""
    return value.isdigit() and len(value) <= 9 and bool(_COUNTED & set(_words(name)[1]))


def opens_a_source(name: str, value: str) -> bool:
    """Whether a parameter of a source's own address could be a secret: all but harmless ones."""
    return (
        carries_secret(name)
        or is_drawn(value)
        or (
            len(value) >= _SHORTEST
            and value.lower() != "true"
            and not _HARMLESS.fullmatch(unquote(name))
        )
    )


def is_drawn(value: str) -> bool:
    """Whether a value looks drawn by lot."""
    return bool(_DRAWN.fullmatch(value))


def _words(name: str) -> tuple[str, list[str]]:
    """A name in plain letters, and its words; the last of them is all of its letters."""
    plain = unquote(unquote(name))
    words = [word.lower() for word in _WORDS.findall(plain)]
    return plain, [*words, "".join(words)]


def _ends_in_key(word: str) -> bool:
    return word.endswith(("key", "keys")) and not _INNOCENT.fullmatch(word)
