"""Choice of the id: the column that is it, or the columns that ids are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from data_checks.errors import CatalogueError
from data_checks.sources.mapping.columns import named
from data_checks.sources.mapping.common_names import candidates, plain
from data_checks.sources.mapping.evidence import names_each
from data_checks.sources.mapping.identity import (
    Values,
    code_column,
    different,
    faults_of,
    is_believed,
    joint_id,
    parts_of_id,
)
from data_checks.sources.mapping.plan import OWN_ID, Plan
from data_checks.sources.row import ReadOptions, Row
from release_format.exit_codes import USAGE

# The site of whoever made it is no name of an item.
_HOMES = ("home", "site", "webseite", "repository")
# What an id is made of where nothing has a value of its own in each row.
_BASES = ("title", "description")


def is_settled(plan: Plan, rows: Sequence[Row], options: ReadOptions) -> bool:
    """Whether the id is told, as it was in live, or a column whose values are ids."""
    names = {name for row in rows for name in row.values}
    column = plan.columns.get("id", "id")
    if column not in names:
        return False
    was_id = bool(options.live) and not options.live.get("id_of")
    return options.as_is or "id" in options.columns or was_id or _is_id(plan, rows, column)


def _is_id(plan: Plan, rows: Sequence[Row], column: str) -> bool:
    faults = faults_of(
        different([row.values for row in rows]), column, plan.columns.get("title", "title")
    )
    return is_believed(faults, is_own=plain(column) == "id")


def chosen_id(
    plan: Plan, rows: Sequence[Row], names: Sequence[str], options: ReadOptions, where: str
) -> Plan:
    """The plan with its id: a column, or what ids are made of.

    Raises:
        CatalogueError: nothing tells the rows apart, and nobody may guess.
    """
    if is_settled(plan, rows, options):
        return plan
    without = replace(plan, columns={w: n for w, n in plan.columns.items() if w != "id"})
    doubted = plan.columns.get("id", "id" if "id" in names else "")
    if options.as_is:
        raise _no_id(where, names)
    if kept := _as_in_live(without, names, options.live):
        return kept
    taken = {*without.columns.values(), doubted}
    for name in candidates("id", names):
        if name not in taken and _is_id(plan, rows, name):
            options.notes.add(_sentence(name, doubted))
            return replace(without, columns={"id": name, **without.columns})
    doubted = doubted or next((n for n in candidates("id", names) if n not in taken), "")
    parts = _parts(without, rows, names, doubted)
    if not parts:
        if "id" in plan.columns or "id" in names:
            return plan
        raise _no_id(where, names)
    made = replace(without, id_of=parts)
    options.notes.add(_made_sentence(made, doubted))
    return made


def _as_in_live(plan: Plan, names: Sequence[str], live: Mapping[str, Any]) -> Plan | None:
    """What ids of live were made of, where it is all there."""
    there = {*names, *plan.columns, OWN_ID} - {*plan.columns.values()}
    parts = live.get("id_of", ())
    return replace(plan, id_of=parts) if parts and {*parts} <= there else None


def _parts(plan: Plan, rows: Sequence[Row], names: Sequence[str], doubted: str) -> Sequence[str]:
    """What ids are made of: an address, a title or a code, else the fewest columns that differ."""
    doubted = OWN_ID if doubted == "id" else doubted
    probe = replace(plan, id_of=(OWN_ID,))
    applied = different([_bare(probe.apply(row).values) for row in rows])
    columns = list(dict.fromkeys(name for row in applied for name in row))
    if doubted and (parts := _of_variants(applied, doubted, columns)):
        return parts
    is_home = any(word in plain(plan.columns.get("url", "url")) for word in _HOMES)
    sources = [word for word in ("url", "title") if names_each([row.get(word) for row in applied])]
    if is_home and len(sources) > 1:
        sources.remove("url")
    others = [name for name in names if name in columns and name != doubted]
    if sources:
        return sources[:1]
    if code := code_column(applied, others):
        return [code]
    bases = [word for word in _BASES if sum(bool(row.get(word)) for row in applied) > 0.5]
    base = next((word for word in bases if word in columns), "")
    return parts_of_id(applied, base, columns) if base else ()


def _bare(values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "id"}


def _of_variants(rows: Sequence[Values], doubted: str, columns: Sequence[str]) -> Sequence[str]:
    """The number that variants of a thing share, and what differs; nothing where they are none."""
    if not faults_of(rows, doubted, "title").are_variants:
        return ()
    parts = parts_of_id(rows, doubted, columns)
    ids = {joint_id(row, parts) for row in rows}
    return parts if len(ids) >= 0.99 * len(rows) else ()


def _sentence(name: str, doubted: str) -> str:
    beside = f", since {named([doubted])} is empty or the same in many rows" if doubted else ""
    return f"Ids are the values of {named([name])}{beside}. Say --columns id=NAME otherwise."


def _made_sentence(plan: Plan, doubted: str) -> str:
    """What ids are made of, and when an item counts as another one."""
    parts = plan.id_of
    listed = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    why = "No column is an id"
    if doubted:
        why = f"{named([doubted])} is empty or the same in many rows"
    each, changed = f"each {listed}", f"whose {listed} changes"
    if len(parts) > 1:
        each, changed = f"{listed} together", "in which one of them changes"
    sentence = (
        f"{why}, so ids are made of {each}: an item {changed} counts as another one. Say --columns"
        " id=NAME where there is something better."
    )
    if doubted and parts[0] in (doubted, OWN_ID):
        sentence += f' group_by = "{parts[0]}" in fields.toml shows variants as one hit.'
    return sentence


def _no_id(where: str, names: Sequence[str]) -> CatalogueError:
    return CatalogueError(
        f"{where} has no column 'id', by any common name, and neither its titles nor its"
        f" addresses are all different; it has {named(names)}. Say --columns id=NAME, or write"
        " it under [columns] in fields.toml.",
        USAGE,
    )
