"""Training: what a build learns from, whether that helped, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from index_builder.quality.gate import read_bounds
from index_builder.quality.judgments import missing_items, read_judgments, share_gone
from index_builder.request.request import BuildRequest
from index_builder.training.holdout_test import digest_of_judged, run_holdout_test
from index_builder.training.pairs import ItemTexts
from index_builder.training.trained_encoder import known_result, trained_weights, with_encoder
from index_builder.training.training_plan import TrainingPlan
from release_format.verdict import Condition, Outcome, Severity
from searchbar.engine import Engine

ALLOWED = (
    "a gain on held-out questions whose whole interval lies above zero, and no certain loss"
    " anywhere"
)
NOT_IN_IT = "This release has the encoder as it comes; what was learned is not in it."


@dataclass(frozen=True)
class TrainingFacts:
    """What became of learning: its figures, and in one line."""

    training: Mapping[str, Any]
    trained: str

    @classmethod
    def of(cls, request: BuildRequest, figures: Mapping[str, Any]) -> TrainingFacts:
        way, kept = request.recipe.training.train, "kept" if figures["kept"] else "refused"
        return cls({"way": way, **figures}, f"{way}, {figures['made']}, {kept}: {figures['why']}")

    @property
    def is_kept(self) -> bool:
        return bool(self.training["kept"])

    @property
    def condition(self) -> Condition:
        """It stops nothing."""
        answer, why = (Outcome.YES, "") if self.is_kept else (Outcome.NO, NOT_IN_IT)
        return Condition("training", answer, self.trained, ALLOWED, Severity.TELL, why)


def plan_training(request: BuildRequest) -> TrainingPlan | TrainingFacts:
    """What a build learns from, or why it learns nothing.

    Raises:
        BuildError: there is nothing to learn from.
    """
    read = read_judgments(request.judgments) if request.judgments else []
    judged = [question for question in read if question.relevant]
    texts = ItemTexts(request.snapshot.items, request.recipe, request.snapshot.schema)
    known = {id for question in judged for id in question.relevant if id in texts}
    gone = missing_items(judged, known)
    share, bound = share_gone(judged, gone), read_bounds().absolute["judgments-gone"]
    if bound.block is not None and share > bound.block:
        why = f"{share:.0%} of the judged answers are gone, at most {bound.block:.0%} may"
        return TrainingFacts.of(request, {"kept": False, "made": "not tried", "why": why})
    return TrainingPlan.of(request, judged, texts)


def known_training(plan: TrainingPlan) -> tuple[BuildRequest, TrainingFacts] | None:
    """What is to be built where live or an earlier build learned the same, and what it told."""
    known, weights = known_result(plan), trained_weights(plan)
    if not known or (known["kept"] and not weights):
        return None
    request = with_encoder(plan, weights) if weights and known["kept"] else plan.request
    return request, TrainingFacts.of(request, {**known, "made": "reused"})


def tested(
    plan: TrainingPlan, before: Engine, after: Engine, learned: Mapping[str, Any]
) -> TrainingFacts:
    """Ask held-out questions before and after; `learned` is what learning told of itself."""
    live = Engine.open(plan.request.live) if plan.request.live else None
    splits = plan.splits
    learned_items = frozenset(pair.item for pair in plan.pairs.train)
    result = run_holdout_test(before, after, splits, learned_items, live)
    is_kept, why = result.decision
    figures = {
        "revision": plan.revision,
        "tried_on": digest_of_judged(splits.test),
        "made": "trained",
        "kept": is_kept,
        "why": why,
        **result.to_json(),
        "pairs": plan.pairs.counts,
        "left_out_as_held_out": plan.pairs.leaks,
        "questions": {
            "learn": len(splits.train),
            "stop": len(splits.validation),
            "held_out": len(splits.test),
        },
        "judgments_gone": plan.gone,
    }
    return TrainingFacts.of(plan.request, {**figures, **learned})
