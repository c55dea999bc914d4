"""Here is a command line: give me all that one build needs, and the id that its release will have."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_builder.exported import Weights
from index_builder.origin import Origin, digest_of_builder, digest_of_given
from index_builder.recipe import NONE, BuildError, Recipe, read_recipe
from index_builder.rules_file import read_rules
from index_builder.unchanged import CHANGED, places_in_live
from release_format.program import USAGE
from release_format.release import KIND, Release
from release_format.seal import digest_of
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
    questions: Path | None = None
    # The name of the trained encoder that `weights` are, where the recipe's own learned something.
    revision: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def there(self) -> NDArray[np.int64]:
        """Where each item stands in live, (items,); CHANGED for those that are new or say something else."""
        if self.live is None:
            return np.full(len(self.snapshot.items), CHANGED)
        return places_in_live(self.snapshot.items, self.live.items)

    @classmethod
    def of(cls, options: Namespace, store: Store) -> Job:
        """Open what the command line names.

        Raises:
            ProgramError: something is not there, or is not what it should be.
        """
        questions = getattr(options, "questions", None)
        for given in (options.rules, options.judgments, questions):
            if given and not given.exists():
                raise BuildError(f"there is no {given}. Give a file that is there, or leave the option out.", USAGE)
        if options.rules:
            read_rules(options.rules)
        snapshot = Snapshot.open(store.path("snapshot", options.snapshot))
        recipe = read_recipe(options.recipe)
        learns = recipe.training.train != NONE
        if learns and not options.judgments:
            raise BuildError(
                f'train = "{recipe.training.train}" needs judged questions, to learn from and to tell whether'
                ' it helped. Give --judgments, or say train = "none" in [train].',
                USAGE,
            )
        weights = Weights.of(recipe)
        origin = Origin(
            snapshot=snapshot.id,
            recipe=recipe.digest,
            rules=digest_of_given(options.rules),
            judgments=_digest_of_questions(options.judgments, questions if learns else None),
            encoder=weights.sha256,
            builder=digest_of_builder(),
        )
        live = Release.open(store.path(KIND, options.live)) if options.live else None
        return cls(snapshot, recipe, weights, origin, options.rules, options.judgments, live, questions)


def _digest_of_questions(judgments: Path | None, clicked: Path | None) -> str:
    """What was judged, and what was clicked where that is learned from."""
    own = digest_of_given(judgments)
    return digest_of([own, digest_of_given(clicked)]) if clicked else own
