"""What one build learns from and is tested on, and the name of what it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import distributions
from pathlib import Path

from index_builder.errors import BuildError
from index_builder.quality.judgments import JudgedQuestion
from index_builder.request.request import BuildRequest
from index_builder.training.holdout_test import FEWEST
from index_builder.training.pairs import ItemTexts, TrainingPairs, gather
from index_builder.training.split import Splits, split
from release_format.exit_codes import USAGE
from release_format.seal import digest_of, digest_of_file

# What decides which weights come of the same pairs.
CODE = tuple(Path(__file__).with_name(name) for name in ("finetune.py", "adapter.py"))
LIBRARIES = ("accelerate", "sentence-transformers", "torch", "transformers")
SETTINGS = ("train", "steps", "batch", "learning_rate", "tokens", "seed")


@dataclass(frozen=True)
class TrainingPlan:
    """What one build learns from; `gone` counts judged questions that lost items."""

    request: BuildRequest
    texts: ItemTexts
    splits: Splits
    pairs: TrainingPairs
    gone: int = 0

    @classmethod
    def of(
        cls, request: BuildRequest, judged: Sequence[JudgedQuestion], texts: ItemTexts
    ) -> TrainingPlan:
        """Split the judged questions and gather the pairs of a request.

        Raises:
            BuildError: too few questions can be held out to tell anything.
        """
        chosen = request.recipe.training
        known = [_with_known_items(question, texts) for question in judged]
        gone = sum(left.relevant != own.relevant for left, own in zip(known, judged, strict=True))
        answerable = [question for question in known if question.relevant]
        splits = split(answerable, chosen.holdout, chosen.seed, texts.name)
        if len(splits.test) < FEWEST or not splits.train:
            raise BuildError(
                f"of {len(judged)} judged questions only {len(splits.test)} can be held out so that"
                f" they share no item with what is learned from; {FEWEST} are needed to tell"
                " whether learning helped. Judge more questions about other items, or say train ="
                ' "none" in [train].',
                USAGE,
            )
        pairs = gather(texts, splits, request.questions, request.recipe)
        return cls(request, texts, splits, pairs, gone)

    @property
    def revision(self) -> str:
        """A name for what is learned: from whom, from what, how, and by what code."""
        chosen = asdict(self.request.recipe.training)
        settings = {name: chosen[name] for name in SETTINGS}
        code = [digest_of_file(path) for path in CODE]
        weights = self.request.weights.encoder
        return digest_of([weights, self.pairs.digest, settings, code, _versions()])


def _with_known_items(question: JudgedQuestion, texts: ItemTexts) -> JudgedQuestion:
    relevant = {id: grade for id, grade in question.relevant.items() if id in texts}
    return replace(question, relevant=relevant)


def _versions() -> dict[str, str]:
    """Of one that is not installed, nothing."""
    found = {name: next(iter(distributions(name=name)), None) for name in LIBRARIES}
    return {name: package.version if package else "" for name, package in found.items()}
