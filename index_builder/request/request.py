"""What one build is asked for, and the id that its release will have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_builder.encoding.weights import Weights
from index_builder.errors import BuildError
from index_builder.recipe import DEFAULT, NONE, Recipe, read_recipe, template_fields
from index_builder.request.release_id import Origin, digest_of_builder, digest_of_optional
from index_builder.request.rules_file import read_rules
from index_builder.unchanged import CHANGED, places_in_live
from release_format.config.table import refuse_unknown
from release_format.exit_codes import USAGE
from release_format.items import FIELDS, Items
from release_format.release import KIND, Release
from release_format.seal import digest_of
from release_format.snapshot import Snapshot
from release_format.store.base import Store
from release_format.watch.judgment_files import proposed_beside


@dataclass(frozen=True)
class BuildRequest:
    """What one build is asked for, which nothing in the build alters."""

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

    @cached_property
    def places_in_live(self) -> NDArray[np.int64]:
        """Where live has each item, (items,); CHANGED for new items and for other texts."""
        items, live = self.snapshot.items, self.live
        places = places_in_live(items, live.items) if live else np.full(len(items), CHANGED)
        places.flags.writeable = False
        return places

    @classmethod
    def of(
        cls,
        store: Store,
        snapshot: str,
        *,
        live: str | None = None,
        recipe: Path | None = None,
        rules: Path | None = None,
        judgments: Path | None = None,
        questions: Path | None = None,
    ) -> BuildRequest:
        """Open what the names and paths of a command line stand for.

        Raises:
            ProgramError: something is not there, or is not what it should be.
        """
        _check_files(rules, judgments, questions)
        opened = Snapshot.open(store.path("snapshot", snapshot))
        choices = read_recipe(recipe)
        _check_template(choices.template, opened.items, recipe or DEFAULT)
        learns = choices.training.train != NONE
        if learns and not judgments:
            raise BuildError(
                f'train = "{choices.training.train}" needs judged questions, to learn from and to'
                ' tell whether it helped. Give --judgments, or say train = "none" in [train].',
                USAGE,
            )
        weights = Weights.of(choices)
        origin = Origin(
            snapshot=opened.id,
            recipe=choices.digest,
            rules=digest_of_optional(rules),
            judgments=_digest_of_questions(judgments, questions if learns else None),
            encoder=weights.encoder,
            builder=digest_of_builder(),
        )
        release = Release.open(store.path(KIND, live)) if live else None
        return cls(opened, choices, weights, origin, rules, judgments, release, questions)


def _check_template(template: str, items: Items, where: Path) -> None:
    """Refuse a template that names a field which no item has: it would encode nothing there."""
    wanted, known = set(template_fields(template)) - set(FIELDS), set(FIELDS)
    for row in items.rows() if wanted else ():
        known |= (row.get("fields") or row.get("extra") or {}).keys()
        if wanted <= known:
            return
    what = " in the template of [text] is a field of no item of this snapshot"
    refuse_unknown(sorted(wanted), known, f"{where}: ", what)


def _check_files(rules: Path | None, *others: Path | None) -> None:
    for path in (rules, *others):
        if path and not path.exists():
            raise BuildError(
                f"there is no {path}. Give a file that is there, or leave the option out.", USAGE
            )
    if rules:
        read_rules(rules)


def _digest_of_questions(judgments: Path | None, clicked: Path | None) -> str:
    """What was judged, and what was clicked where that is learned from."""
    judged = digest_of_optional(judgments)
    if judgments and not judgments.is_dir() and (beside := proposed_beside(judgments)).is_file():
        judged = digest_of([judged, digest_of_optional(beside)])
    return digest_of([judged, digest_of_optional(clicked)]) if clicked else judged
