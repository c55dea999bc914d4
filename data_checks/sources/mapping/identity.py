"""Identity of rows: the column that is their id, or what ids are made of."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_checks.canonical_text import text
from data_checks.sources.mapping.column_words import changes_daily
from data_checks.sources.mapping.evidence import first
from data_checks.sources.mapping.made_ids import made_id
from data_checks.sources.mapping.profile import Profile, profile_of

LONGEST, MOST_PARTS = 180, 8
# So many rows that are alike show which column tells them apart.
MOST_PROBED = 4_000
# A column with more rows than this without a value of their own is no id, if there is a better one.
MOST_FAULTS, FEWEST_FAULTS = 0.02, 3
# One that is called `id` is believed further.
MOST_OWN_FAULTS, FEWEST_OWN_FAULTS = 0.10, 20
# Ids that leave more rows alike than this take in what may change.
ALIKE = 0.005

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Faults:
    """How many of these rows have no id of their own: without a value, or with another row's."""

    rows: int
    missing: int
    doubled: int
    same_title: float

    @property
    def share(self) -> float:
        """The share of the rows that are at fault."""
        return (self.missing + self.doubled) / max(self.rows, 1)

    @property
    def are_variants(self) -> bool:
        """Whether rows with one id are variants of one thing: they have one title."""
        return self.missing <= MOST_FAULTS * self.rows and self.same_title >= 0.8


def faults_of(rows: Sequence[Values], column: str, title: str) -> Faults:
    """What is at fault with a column as the id of these rows, all of which differ."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        groups[text(row.get(column))].append(text(row.get(title)))
    missing = len(groups.pop("", ()))
    several = [titles for titles in groups.values() if len(titles) > 1]
    one_title = sum(len(set(titles)) == 1 for titles in several)
    doubled = sum(map(len, several))
    return Faults(len(rows), missing, doubled, one_title / max(len(several), 1))


def is_believed(faults: Faults, *, is_own: bool) -> bool:
    """Whether a column is the id in spite of its faults; `is_own`: it is called so.

    A few rows at fault are told by the rules, which refuse them.
    """
    count = faults.missing + faults.doubled
    if is_own:
        is_broken = count >= FEWEST_OWN_FAULTS and faults.share > MOST_OWN_FAULTS
        is_split = count >= 2 * FEWEST_FAULTS and faults.are_variants and faults.doubled
        return not (is_broken or is_split)
    return count < FEWEST_FAULTS or faults.share <= MOST_FAULTS


def different(rows: Sequence[Values]) -> list[Values]:
    """The rows without those that are wholly like another one."""
    return [*{row_digest(row): row for row in rows}.values()]


def row_digest(row: Values) -> int:
    """A number that rows share only if they are wholly alike."""
    written = "\0".join(f"{name}\1{text(value)}" for name, value in sorted(row.items()))
    data = hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(data, "big")


def joint_id(row: Values, parts: Sequence[str]) -> str:
    """The id that a row gets of these columns; those that are empty say nothing."""
    made = [made_id(word) for part in parts if (word := text(first(row.get(part))))]
    joined = "-".join(made)
    if len(joined) <= LONGEST or len(made) == 1:
        return joined
    digest = hashlib.sha256(joined.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{joined[:LONGEST].rstrip('-')}-{digest}"


def code_column(rows: Sequence[Values], names: Sequence[str]) -> str:
    """A column with a code of its own in every row, or nothing; counters and prices are none."""
    for name in names:
        values = [text(first(row.get(name))) for row in rows]
        profile = profile_of(values)
        is_counter = all(value.isdigit() for value in values) and profile.letters < 6
        is_code = profile.coded == 1 and profile.filled == 1 and profile.distinct == 1
        if is_code and not is_counter and not changes_daily(name) and len(rows) >= 3:
            return name
    return ""


def parts_of_id(rows: Sequence[Values], base: str, names: Sequence[str]) -> list[str]:
    """The base and the fewest other columns that tell these rows apart, all of which differ.

    What may change from day to day is taken only where too many rows would stay alike.
    """
    steady, changing = _ranked(rows, [name for name in names if name != base])
    parts = _added([base], rows, steady)
    if _alike(rows, parts) > ALIKE * len(rows):
        parts = _added(parts, rows, changing)
    return parts


def _ranked(rows: Sequence[Values], names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Columns that stay as they are, short texts first, and those that may change."""
    profiles = {name: profile_of([row.get(name) for row in rows]) for name in names}
    filled = [name for name in names if profiles[name].filled]
    steady = [name for name in filled if not _changes(name, profiles[name])]
    ranked = sorted(steady, key=lambda name: profiles[name].letters > 60)
    return ranked, [name for name in filled if name not in steady]


def _changes(name: str, profile: Profile) -> bool:
    is_long = profile.letters > 100
    return changes_daily(name) or is_long


def _added(parts: list[str], rows: Sequence[Values], names: Sequence[str]) -> list[str]:
    """The parts, with each column added that gives these rows the most different ids."""
    alike = _rows_alike(rows, parts)
    while alike and len(parts) < MOST_PARTS:
        probed = alike[:MOST_PROBED]
        counts = [(_different_ids(probed, [*parts, name]), name) for name in names]
        most, name = max(counts, key=lambda count: count[0], default=(0, ""))
        if most <= _different_ids(probed, parts):
            break
        parts = [*parts, name]
        alike = _rows_alike(alike, parts)
    return parts


def _different_ids(rows: Sequence[Values], parts: Sequence[str]) -> int:
    return len({joint_id(row, parts) for row in rows})


def _alike(rows: Sequence[Values], parts: Sequence[str]) -> int:
    return len(_rows_alike(rows, parts))


def _rows_alike(rows: Sequence[Values], parts: Sequence[str]) -> list[Values]:
    """The rows whose id is another one's, too, those with one id behind each other."""
    ids = [joint_id(row, parts) for row in rows]
    counts = Counter(ids)
    places = [place for place, id in enumerate(ids) if counts[id] > 1]
    return [rows[place] for place in sorted(places, key=lambda place: ids[place])]
