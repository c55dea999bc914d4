"""Here is a command line: give me all that one build needs, and the id that its release will have."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index_builder.exported import Weights
from index_builder.origin import Origin, digest_of_builder, digest_of_given
from index_builder.recipe import BuildError, Recipe, read_recipe
from index_builder.rules_file import read_rules
from release_format.program import USAGE
from release_format.release import KIND, Release
from release_format.snapshot import Snapshot
from release_format.store import Store


@dataclass(frozen=True)
class Job:
    """What one build is asked for; `facts` gathers what it has to tell about itself."""

    snapshot: Snapshot
    recipe: Recipe
    weights: Weights
    origin: Origin
    rules: Path | None = None
    judgments: Path | None = None
    live: Release | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Namespace, store: Store) -> Job:
        """Open what the command line names.

        Raises:
            ProgramError: something is not there, or is not what it should be.
        """
        for given in (options.rules, options.judgments):
            if given and not given.exists():
                raise BuildError(f"there is no {given}. Give a file that is there, or leave the option out.", USAGE)
        if options.rules:
            read_rules(options.rules)
        snapshot = Snapshot.open(store.path("snapshot", options.snapshot))
        recipe = read_recipe(options.recipe)
        weights = Weights.of(recipe)
        origin = Origin(
            snapshot=snapshot.id,
            recipe=recipe.digest,
            rules=digest_of_given(options.rules),
            judgments=digest_of_given(options.judgments),
            encoder=weights.sha256,
            builder=digest_of_builder(),
        )
        live = Release.open(store.path(KIND, options.live)) if options.live else None
        return cls(snapshot, recipe, weights, origin, options.rules, options.judgments, live)
