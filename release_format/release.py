"""A release: the sealed directory with everything that a server needs."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from release_format.fields import Schema, read_schema
from release_format.items import Items
from release_format.probes import Probe, read_probes
from release_format.seal import FormatError, Manifest, check_seal, digest_of
from release_format.verdict import Verdict

KIND = "release"
MADE_FROM = ("snapshot", "recipe", "rules", "judgments", "encoder", "builder")

RECIPE, RULES, LEVELS, VERDICT = "recipe.toml", "rules.toml", "levels.json", "verdict.json"
REPORT, PROBES = "report.html", "probes.json"
SNAPSHOT, ENCODER, LEXICAL = "snapshot", "encoder", "lexical"
VECTORS, PASSAGES, TEXT_DIGESTS, INDEX = (
    "vectors.f16.npy",
    "passages.offsets",
    "text_digests.bin",
    "index.faiss",
)


@dataclass(frozen=True)
class Release:
    """A sealed directory with everything that a server needs and nothing else.

    Its content never changes.
    """

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: Path, *, sizes_only: bool = False) -> Release:
        """Open a sealed release, its seal checked (`sizes_only`: names and sizes, not contents).

        Raises:
            FormatError: no seal, it does not hold, or it is not a release.
        """
        manifest = check_seal(path, sizes_only=sizes_only)
        if manifest.kind != KIND:
            raise FormatError(
                f"{path} is a {manifest.kind}, not a release. Build a release from it first."
            )
        return cls(path, manifest)

    @property
    def id(self) -> str:
        return self.manifest.id

    @cached_property
    def items(self) -> Items:
        return Items(self.path / SNAPSHOT)

    @cached_property
    def schema(self) -> Schema | None:
        """What the catalogue's own fields are; None: it has none, or is of before format 3."""
        return read_schema(self.path / SNAPSHOT)

    @cached_property
    def recipe(self) -> Mapping[str, Any]:
        return self._toml(RECIPE)

    @cached_property
    def rules(self) -> Mapping[str, Any]:
        return self._toml(RULES)

    @cached_property
    def levels(self) -> Mapping[str, Any]:
        return self._json(LEVELS)

    @cached_property
    def encoder(self) -> Mapping[str, Any]:
        return self._json(f"{ENCODER}/encoder.json")

    @cached_property
    def probes(self) -> list[Probe]:
        return read_probes(self.path / PROBES)

    @cached_property
    def verdict(self) -> Verdict:
        path = self.path / VERDICT
        return Verdict.from_json(path.read_bytes(), path)

    def _json(self, name: str) -> Mapping[str, Any]:
        try:
            read: Mapping[str, Any] = json.loads((self.path / name).read_bytes())
        except (OSError, ValueError) as error:
            raise FormatError(
                f"{self.path / name} cannot be read ({error}). Fetch or build it again."
            ) from error
        return read

    def _toml(self, name: str) -> Mapping[str, Any]:
        try:
            return tomllib.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FormatError(
                f"{self.path / name} cannot be read ({error}). Fetch or build it again."
            ) from error


def release_id(made_from: Mapping[str, str]) -> str:
    """The id of a release made from these digests (keys: MADE_FROM, every one of them)."""
    return digest_of({"kind": KIND, **made_from})
