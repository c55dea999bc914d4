"""The recipe: the choices that turn a snapshot into a release."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

from annotated_types import Interval

from release_format.config.refusal import shown
from release_format.config.table import Checked, Count, Text, check, laid_over, read_toml, table
from release_format.seal import digest_of
from searchbar.retrieval.fusion import Fusion

DEFAULT = Path(__file__).with_name("recipe.toml")
SPECIAL_TOKENS, MOST_TOKENS = 2, 1_000_000
IndexKind = Literal["auto", "exact", "exact8", "sketch", "lists"]
Tables = dict[str, dict[str, Any]]
NONE, FINETUNE, ADAPTER = "none", "finetune", "adapter"
FITTED, MOST_WORDS = "fitted", 100
# A prompt that is as the model's own configuration declares it.
DECLARED = "declared"


def _words(value: Any) -> Any:
    """A weight of words, or that the build fits one."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value != FITTED and not (is_number and 0 <= value <= MOST_WORDS):
        raise ValueError(
            f"must be a number from 0 to {MOST_WORDS}, or '{FITTED}', not {shown(value)}. Mend it."
        )
    return value


@table
class EncoderTable:
    """The `[encoder]` table."""

    model: Text
    revision: str
    query_prompt: str
    document_prompt: str
    max_tokens: Annotated[int, Interval(gt=SPECIAL_TOKENS, le=MOST_TOKENS)]
    truncate_dim: Annotated[int, Interval(ge=0, le=MOST_TOKENS)]
    languages: str
    trust_remote_code: bool


@table
class TextTable:
    """The `[text]` table."""

    template: str

    def __post_init__(self) -> None:
        names = template_fields(self.template)
        if not names or not all(re.fullmatch(r"[^\W\d][^.\[\]]*", name) for name in names):
            raise ValueError(
                "template must name a field, such as {title}, and nothing else in braces. Mend it."
            )


@table
class PassagesTable:
    """The `[passages]` table, in tokens."""

    tokens: Count
    overlap: Count


@table
class IndexTable:
    """The `[index]` table."""

    kind: IndexKind


@table
class FusionTable:
    """The `[fusion]` table; what a release carries has a number for every key."""

    words: Annotated[Any, Checked(_words)]
    feedback: Annotated[float, Interval(ge=0, le=100)]
    feedback_items: Annotated[int, Interval(ge=0, le=100)]


@table
class Training:
    """The `[train]` table: how the encoder learns, as recipe.toml explains."""

    train: Literal["none", "finetune", "adapter"]
    steps: Annotated[int, Interval(ge=1, le=10**9)]
    batch: Annotated[int, Interval(ge=2, le=10**6)]  # one pair is told from the others
    learning_rate: Annotated[float, Interval(gt=0, le=1)]
    tokens: Annotated[int, Interval(gt=SPECIAL_TOKENS, le=MOST_TOKENS)]
    catalogue_pairs: Count
    holdout: Annotated[int, Interval(ge=10, le=80)]
    seed: Annotated[int, Interval(ge=0, lt=2**32)]  # numpy takes no other


@table
class ProbesTable:
    """The `[probes]` table."""

    count: Count


@table
class RecipeTables:
    """What a recipe file may say, defaults filled in."""

    encoder: EncoderTable
    text: TextTable
    passages: PassagesTable
    index: IndexTable
    fusion: FusionTable
    train: Training
    probes: ProbesTable

    def __post_init__(self) -> None:
        room = self.encoder.max_tokens - SPECIAL_TOKENS
        tokens = self.passages.tokens or room
        if tokens > room:
            raise ValueError(f"tokens in [passages] must be at most {room}. Mend it.")
        if self.passages.overlap >= tokens:
            raise ValueError(f"overlap in [passages] must be below its tokens, {tokens}. Mend it.")


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
    def languages(self) -> list[str]:
        """The languages that the encoder knows."""
        return str(self.tables["encoder"]["languages"]).split(",")

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
    def fits_words(self) -> bool:
        """Whether the build chooses how much words count."""
        return bool(self.tables["fusion"]["words"] == FITTED)

    @property
    def fusion(self) -> Fusion:
        """The fusion; with the weight of words to start from, where the build is to fit it."""
        usual = {"words": Fusion().words} if self.fits_words else {}
        return Fusion(**{**self.tables["fusion"], **usual})

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
        """The recipe as the release carries it: fitted words are a number there."""
        tables = {**self.tables, "fusion": asdict(self.fusion)}
        return "\n".join(_table(name, values) for name, values in tables.items())


def read_recipe(path: Path | None = None) -> Recipe:
    """Read a recipe file over the defaults; no file means the defaults alone.

    Raises:
        ConfigError: the file cannot be read, or it holds a key or a value that a recipe cannot
            have.
    """
    base, where = read_toml(DEFAULT), path or DEFAULT
    base["fusion"] = {**asdict(Fusion()), "words": FITTED}
    tables = laid_over(base, read_toml(path) if path else {}, where)
    check(RecipeTables, tables, where)
    return Recipe(tables)


def template_fields(template: str) -> list[str]:
    """The fields that a template names, in their order; "" for what names none."""
    try:
        fields = [field for field in Formatter().parse(template) if field[1] is not None]
    except ValueError:
        return []
    return ["" if spec or conversion else str(name) for _, name, spec, conversion in fields]


def _table(name: str, values: Mapping[str, Any]) -> str:
    # A JSON string, number or boolean is a TOML one too.
    return f"[{name}]\n" + "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )
