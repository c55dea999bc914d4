"""Common names of columns: what other people call ours, in many languages, by rank."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from release_format.config.table import check, read_toml

TABLE = Path(__file__).with_name("common_names.toml")
_LANGUAGE = re.compile(
    r"(?<=\w)[\s_.:(\[-]+(?:en|de|fr|es|it|nl|pt|pl|ru|tr|sv|da|id|ja|zh)(?:[_-][a-z]{2})?[)\]]?\s*",
    re.IGNORECASE,
)


def plain(name: str) -> str:
    """A name without case, accents, and anything but letters and digits."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())


@cache
def common_names() -> Mapping[str, Sequence[str]]:
    """The plain names that each of our columns goes by elsewhere, the likelier first."""
    names = check(dict[str, list[str]], read_toml(TABLE), TABLE)
    return {ours: [plain(name) for name in listed] for ours, listed in names.items()}


@cache
def is_known(name: str) -> bool:
    """Whether a column of this name could be one of ours."""
    return any(plain(name) in listed for listed in common_names().values())


def candidates(ours: str, names: Sequence[str]) -> list[str]:
    """The columns that may be this one of ours, by rank; those with a language at the end last.

    In the first column of a file anything that ends with `id` is one, after all others.
    """
    ranks = {name: place for place, name in reversed(list(enumerate(common_names()[ours])))}
    found = [(ranks[plain(name)], name) for name in names if plain(name) in ranks]
    for name in names:
        bare = plain(_LANGUAGE.sub("", name)) if _LANGUAGE.search(name) else ""
        if bare in ranks and plain(name) not in ranks:
            found.append((len(ranks) + ranks[bare], name))
    if ours == "id" and names and _ends_with_id(names[0]) and plain(names[0]) not in ranks:
        found.append((2 * len(ranks), names[0]))
    # Equal names keep the order of the file.
    return [name for _, name in sorted(found, key=lambda candidate: candidate[0])]


def _ends_with_id(name: str) -> bool:
    return bool(
        re.search(r"(?:[\s_.-]id|[a-z]I[Dd])\s*$", name, re.ASCII)
        or re.search(r"[\s_.-]ID\s*$", name)
    )
