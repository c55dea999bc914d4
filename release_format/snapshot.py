"""A snapshot: the catalogue at one moment, sealed with its quarantine list and verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from release_format.fields import SCHEMA, Schema, read_schema
from release_format.items import ITEMS, Item, Items, write_items
from release_format.seal import Manifest, check_seal, digest_of, digest_of_file, seal
from release_format.verdict import Verdict

KIND = "snapshot"
QUARANTINE, VERDICT = "quarantine.jsonl", "verdict.json"


@dataclass(frozen=True, order=True)
class Quarantined:
    """A row that a rule refused; without an id, `id` is its position in the source."""

    id: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Snapshot:
    """The canonical items sorted by id, their schema, and the quarantine list.

    The id is the digest of all three.
    """

    path: Path
    manifest: Manifest
    items: Items

    @property
    def id(self) -> str:
        return self.manifest.id

    def quarantine(self) -> list[Quarantined]:
        """What the rules refused."""
        lines = (self.path / QUARANTINE).read_text(encoding="utf-8").splitlines()
        return [Quarantined(**json.loads(line)) for line in lines]

    @cached_property
    def schema(self) -> Schema | None:
        """What its catalogue's own fields are; None: it has none, or is of before format 3."""
        return read_schema(self.path)

    @classmethod
    def open(cls, path: Path, *, sizes_only: bool = False) -> Snapshot:
        """Open a sealed snapshot, its seal checked.

        Raises:
            FormatError: no seal, or it does not hold.
        """
        manifest = check_seal(path, sizes_only=sizes_only)
        return cls(path, manifest, Items(path))


def write_content(
    directory: Path,
    items: Iterable[Item],
    quarantine: Iterable[Quarantined],
    schema: Schema | None = None,
) -> dict[str, Any]:
    """Write items, quarantine list and schema, unsealed; returns what the snapshot is made from.

    Without a schema the items have no fields of their own, and the id is that of the items and the
    quarantine list.
    """
    count = write_items(directory, items)
    refused = sorted(quarantine)
    lines = (
        json.dumps(asdict(row), ensure_ascii=False, separators=(",", ":")) + "\n" for row in refused
    )
    (directory / QUARANTINE).write_text("".join(lines), encoding="utf-8")
    made_from = {
        "items": digest_of_file(directory / ITEMS),
        "quarantine": digest_of_file(directory / QUARANTINE),
        "accepted": count,
        "quarantined": len(refused),
    }
    if schema is not None:
        (directory / SCHEMA).write_text(schema.to_json(), encoding="utf-8")
        made_from["fields"] = digest_of_file(directory / SCHEMA)
    return made_from


def snapshot_id(made_from: dict[str, Any]) -> str:
    """The id that content of this digest has."""
    return digest_of({"kind": KIND, **made_from})


def seal_snapshot(directory: Path, made_from: dict[str, Any], verdict: Verdict) -> Manifest:
    """Seal written content together with the verdict of the data gate."""
    (directory / VERDICT).write_text(verdict.to_json() + "\n", encoding="utf-8")
    return seal(directory, kind=KIND, id=snapshot_id(made_from), made_from=made_from)
