"""The rules file (synonyms, pins, hides), read and checked for how it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from index_builder.errors import BuildError
from release_format.exit_codes import USAGE
from searchbar.query.normalize import loose

FIELDS: Mapping[str, Mapping[str, type]] = {
    "synonyms": {"words": list},
    "pins": {"question": str, "ids": list},
    "hides": {"id": str},
}


def read_rules(path: Path) -> Mapping[str, Any]:
    """Read a file of rules.

    Raises:
        BuildError: it cannot be read, or something in it is no rule.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BuildError(
            f"the rules {path} cannot be read ({error}). Mend them or leave them out.", USAGE
        ) from error
    check_rules(table)
    return table


def check_rules(table: Mapping[str, Any]) -> None:
    """Refuse rules that are not written as rules are.

    Raises:
        BuildError: naming the first one, and what was probably meant.
    """
    for kind, rules in table.items():
        if kind not in FIELDS:
            raise _unknown(kind, f"[[{kind}]]", FIELDS)
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            raise BuildError(
                f"rules.toml: write each rule of {kind} under a [[{kind}]] of its own.", USAGE
            )
        for rule in rules:
            _check_rule(kind, rule)


def _check_rule(kind: str, rule: Mapping[str, Any]) -> None:
    fields = FIELDS[kind]
    for name in rule:
        if name not in fields:
            raise _unknown(name, f"{name!r} in [[{kind}]]", fields)
    for name, wanted in fields.items():
        value = rule.get(name)
        texts = value if isinstance(value, list) else [value]
        good = isinstance(value, wanted) and all(
            isinstance(text, str) and loose(text) for text in texts
        )
        if not good or (name == "words" and len(texts) < 2) or not texts:
            many = "a list of texts" if wanted is list else "a text"
            raise BuildError(
                f"rules.toml: {name} in [[{kind}]] must be {many}, not {value!r}. Mend it.", USAGE
            )


def _unknown(name: str, what: str, known: Iterable[str]) -> BuildError:
    near = get_close_matches(name, list(known), n=1, cutoff=0.0)[0]
    return BuildError(f"rules.toml: {what} is unknown. Did you mean {near!r}?", USAGE)
