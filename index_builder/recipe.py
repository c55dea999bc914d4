"""The recipe: the choices that turn a snapshot into a release."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from string import Formatter
from typing import Any

from index_builder.errors import BuildError
from release_format.exit_codes import USAGE
from release_format.seal import digest_of
from searchbar.retrieval.fusion import Fusion

DEFAULT = Path(__file__).with_name("recipe.toml")
SPECIAL_TOKENS = 2
KINDS = ("auto", "exact", "exact8", "sketch", "lists")
WAYS = NONE, FINETUNE, ADAPTER = ("none", "finetune", "adapter")

Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Training:
    """The `[train]` table: how the encoder learns, as recipe.toml explains."""

    train: str
    steps: int
    batch: int
    learning_rate: float
    tokens: int
    catalogue_pairs: int
    holdout: int
    seed: int


@dataclass(frozen=True)
class Recipe:
    """Every choice, with the defaults filled in.

    `tables` is what the release carries and what its id counts.
    """

    tables: Mapping[str, Mapping[str, Any]]

    @property
    def model(self) -> str:
        return str(self.tables["encoder"]["model"])

    @property
    def revision(self) -> str:
        return str(self.tables["encoder"]["revision"])

    @property
    def max_tokens(self) -> int:
        return int(self.tables["encoder"]["max_tokens"])

    @property
    def template(self) -> str:
        return str(self.tables["text"]["template"])

    @property
    def passage_tokens(self) -> int:
        """How many tokens of text one passage holds, the special ones not counted."""
        return int(self.tables["passages"]["tokens"]) or self.max_tokens - SPECIAL_TOKENS

    @property
    def overlap(self) -> int:
        return int(self.tables["passages"]["overlap"])

    @property
    def index_kind(self) -> str:
        return str(self.tables["index"]["kind"])

    @property
    def training(self) -> Training:
        return Training(**self.tables["train"])

    @property
    def probes(self) -> int:
        return int(self.tables["probes"]["count"])

    @property
    def digest(self) -> str:
        return digest_of(self.tables)

    def with_choices(self, **tables: Mapping[str, Any]) -> Recipe:
        """This recipe with other values in some of its tables."""
        return Recipe(
            {name: {**values, **tables.get(name, {})} for name, values in self.tables.items()}
        )

    def to_toml(self) -> str:
        """The recipe as the release carries it."""
        return "\n".join(_table(name, values) for name, values in self.tables.items())


def read_recipe(path: Path | None = None) -> Recipe:
    """Read a recipe file over the defaults; no file means the defaults alone.

    Raises:
        BuildError: the file cannot be read, or it holds a key or a value that a recipe cannot have.
    """
    tables = _read(DEFAULT)
    if path is not None:
        _lay_over(tables, _read(path), path)
    tables["fusion"] = asdict(Fusion.from_recipe(tables["fusion"]))
    recipe = Recipe(tables)
    _check(recipe, path or DEFAULT)
    return recipe


def _read(path: Path) -> Tables:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BuildError(
            f"the recipe {path} cannot be read ({error}). Mend it or leave it out.", USAGE
        ) from error
    if stray := [key for key, value in read.items() if not isinstance(value, dict)]:
        raise BuildError(
            f"{path}: {stray[0]!r} stands outside a table. Put it under one such as [encoder].",
            USAGE,
        )
    return read


def _lay_over(tables: Tables, choices: Tables, path: Path) -> None:
    for table, values in choices.items():
        if table not in tables:
            raise _unknown(path, f"[{table}]", table, tables)
        for key, value in values.items():
            # The fields of [fusion] belong to searchbar/retrieval/fusion.py, which refuses the
            # unknown ones itself.
            if table != "fusion":
                _check_known(path, table, key, value, tables[table])
            tables[table][key] = value


def _check_known(path: Path, table: str, key: str, value: Any, defaults: Mapping[str, Any]) -> None:
    if key not in defaults:
        raise _unknown(path, f"{key!r} in [{table}]", key, defaults)
    kinds = (int, float) if isinstance(defaults[key], float) else (type(defaults[key]),)
    if type(value) not in kinds:
        kind = {str: "a text", int: "a whole number", float: "a number"}[type(defaults[key])]
        raise BuildError(f"{path}: {key} in [{table}] must be {kind}, not {value!r}.", USAGE)


def _unknown(path: Path, what: str, name: str, known: Mapping[str, Any]) -> BuildError:
    near = get_close_matches(name, known, n=1, cutoff=0.0)[0]
    return BuildError(
        f"{path}: {what} is unknown; did you mean {near!r}? All of them stand in {DEFAULT}.", USAGE
    )


def _check(recipe: Recipe, path: Path) -> None:
    room = recipe.max_tokens - SPECIAL_TOKENS
    for holds, sentence in (
        (recipe.model, "model in [encoder] is empty: name a model or a folder"),
        (room >= 1, "max_tokens in [encoder] must be at least 3"),
        (1 <= recipe.passage_tokens <= room, f"tokens in [passages] must be between 0 and {room}"),
        (
            0 <= recipe.overlap < recipe.passage_tokens,
            "overlap in [passages] must be at least 0 and under its tokens",
        ),
        (recipe.index_kind in KINDS, f"kind in [index] must be one of {', '.join(KINDS)}"),
        *_training_holds(recipe.training),
        (recipe.probes >= 0, "count in [probes] cannot be negative"),
        (_names(recipe.template), "template in [text] must name a field, such as {title}"),
    ):
        if not holds:
            raise BuildError(f"{path}: {sentence}.", USAGE)


def _training_holds(training: Training) -> list[tuple[bool, str]]:
    return [
        (training.train in WAYS, f"train in [train] must be one of {', '.join(WAYS)}"),
        (training.steps >= 1, "steps in [train] must be at least 1"),
        (
            training.batch >= 2,
            "batch in [train] must be at least 2: one pair is told from the others",
        ),
        (training.learning_rate > 0, "learning_rate in [train] must be above 0"),
        (training.tokens > SPECIAL_TOKENS, f"tokens in [train] must be above {SPECIAL_TOKENS}"),
        (training.catalogue_pairs >= 0, "catalogue_pairs in [train] cannot be negative"),
        (
            10 <= training.holdout <= 80,
            "holdout in [train] must lie between 10 and 80 of a hundred",
        ),
    ]


def _names(template: str) -> list[str]:
    try:
        return [name for _, name, _, _ in Formatter().parse(template) if name]
    except ValueError:
        return []


def _table(name: str, values: Mapping[str, Any]) -> str:
    # A JSON string, number or boolean is a TOML one too.
    return f"[{name}]\n" + "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )
