"""Conditions of GitLab's `rules:if`, evaluated: `==`, `!=`, `=~`, `!~`, `&&`, `||`, parentheses."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(
    r"""\s*(?:(?P<op>==|!=|=~|!~|&&|\|\||[()])|\$(?P<name>\w+)|"(?P<text>[^"]*)"
    |/(?P<pattern>(?:\\.|[^/])*)/|(?P<null>null))""",
    re.VERBOSE,
)


def holds(condition: str, variables: Mapping[str, str]) -> bool:
    """Whether a condition is true of these variables; an absent one is null, an empty one false.

    Raises:
        ValueError: it is no condition.
    """
    tokens, at = [], 0
    condition = condition.strip()
    while at < len(condition):
        if not (match := _TOKEN.match(condition, at)):
            raise ValueError(f"{condition!r} cannot be read at {condition[at:][:20]!r}")
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        at = match.end()
    truth = _either(tokens, variables)
    if tokens:
        raise ValueError(f"{condition!r} goes on after its end: {tokens}")
    return truth


Tokens = list[tuple[str, str]]


def _either(tokens: Tokens, variables: Mapping[str, str]) -> bool:
    truth = _both(tokens, variables)
    while tokens and tokens[0] == ("op", "||"):
        tokens.pop(0)
        truth = _both(tokens, variables) or truth
    return truth


def _both(tokens: Tokens, variables: Mapping[str, str]) -> bool:
    truth = _comparison(tokens, variables)
    while tokens and tokens[0] == ("op", "&&"):
        tokens.pop(0)
        truth = _comparison(tokens, variables) and truth
    return truth


def _comparison(tokens: Tokens, variables: Mapping[str, str]) -> bool:
    if tokens[0] == ("op", "("):
        tokens.pop(0)
        truth = _either(tokens, variables)
        assert tokens.pop(0) == ("op", ")")
        return truth
    left = _value(tokens.pop(0), variables)
    if not tokens or tokens[0] not in [("op", op) for op in ("==", "!=", "=~", "!~")]:
        return bool(left)
    operator, right = tokens.pop(0)[1], tokens.pop(0)
    if operator in ("==", "!="):
        return (left == _value(right, variables)) is (operator == "==")
    pattern = right[1] if right[0] == "pattern" else (_value(right, variables) or "").strip("/")
    found = left is not None and re.search(pattern.replace("\\/", "/"), left) is not None
    return found is (operator == "=~")


def _value(token: tuple[str, str], variables: Mapping[str, str]) -> str | None:
    kind, text = token
    if kind == "name":
        return variables.get(text)
    if kind in ("text", "null"):
        return text if kind == "text" else None
    raise ValueError(f"a value is wanted, not {text!r}")
