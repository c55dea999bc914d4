"""Here is a release about to be sealed: give me its level of no good match, and whether it finds what it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from typing import Any

from index_builder.budget import Budget, budget
from index_builder.evaluate import Evaluation, evaluate
from index_builder.gate import Measured, judge, read_bounds
from index_builder.judgments import Judged
from index_builder.known_items import known_items
from index_builder.levels import Level, calibrate, write_level
from index_builder.measures import MAIN
from index_builder.recipe import BuildError
from index_builder.rules_lint import lint
from index_builder.texts import Texts
from release_format.release import Release
from release_format.verdict import Condition
from searchbar.engine import Engine

NO_JUDGMENTS = "no judgments were given"


@dataclass(frozen=True)
class Quality:
    """What the quality gate saw of one release, alone."""

    level: Level
    conditions: Sequence[Condition]
    evaluation: Evaluation | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def judge_alone(
    staged: Release, engine: Engine, judged: Sequence[Judged], spent: Future[Budget | str], texts: Future[Texts]
) -> Quality:
    """Ask the staged release, write its levels.json, and judge it; from then on the engine answers by that level.

    `spent` and `texts` are what `spending` and `texts_of` say of it.
    """
    evaluation = evaluate(engine, judged) if judged else None
    level = calibrate(engine, evaluation)
    write_level(staged.path, level)
    engine.level = level.level
    linted = lint(staged, engine, judged).measured()
    measured = {
        **_answers(evaluation), **_level(level), **_spent(spent.result()), **_texts(texts.result()), **linted
    }  # fmt: skip
    conditions = judge(measured, read_bounds().absolute)
    return Quality(level, conditions, evaluation, _facts(evaluation, level, spent.result(), texts.result()))


def spending(staged: Release, judged: Sequence[Judged]) -> Budget | str:
    """What answering costs, asked as judges do or for known items; or why that cannot be told."""
    questions = [one.question for one in judged] or [one.question for one in known_items(staged.items)]
    if not questions:
        return ""
    try:
        return budget(staged.path, list(dict.fromkeys(questions)))
    except BuildError as error:
        return str(error)


def _answers(evaluation: Evaluation | None) -> dict[str, Measured]:
    if evaluation is None:
        return {name: Measured(None, NO_JUDGMENTS) for name in ("ndcg", "judgments-gone")}
    answerable = [one for one in evaluation.asked if one not in {lost.id for lost in evaluation.unanswerable}]
    gone = Measured(len(evaluation.gone) / max(1, len(answerable)), f"{len(evaluation.gone)} questions")
    if not evaluation.judged:
        return {"ndcg": Measured(None, broken="every judged item is gone"), "judgments-gone": gone}
    figure = evaluation.figures[MAIN]
    return {"ndcg": Measured(figure.mean, f"95 % [{figure.low:.3f}, {figure.high:.3f}]"), "judgments-gone": gone}


def _level(level: Level) -> dict[str, Measured]:
    if not level.pairs or level.false_accept == 1.0:
        said = "too few questions, so nothing is called a bad match"
        return {name: Measured(None, said) for name in ("false-accept", "false-reject")}
    said = f"level {level.level} from {level.source}"
    return {
        "false-accept": Measured(level.false_accept, f"{said}, against {level.unanswerable}"),
        "false-reject": Measured(level.false_reject, said),
    }


def _spent(spent: Budget | str) -> dict[str, Measured]:
    if isinstance(spent, str):
        nothing = Measured(None, "there is nothing to ask", broken=spent)
        return {"latency": nothing, "memory": nothing}
    return {
        "latency": Measured(spent.p95_ms, f"half within {spent.p50_ms} ms"),
        "memory": Measured(spent.resident_mb),
    }


def _texts(texts: Texts) -> dict[str, Measured]:
    """Items that say nothing, and items in languages that the encoder was not made for."""
    count, told = max(1, texts.items), ", ".join(f"{name} {n}" for name, n in list(texts.elsewhere.items())[:5])
    return {
        "empty-texts": Measured(texts.empty / count, f"{texts.empty} items"),
        "other-languages": Measured(sum(texts.elsewhere.values()) / count, told),
    }


def _facts(evaluation: Evaluation | None, level: Level, spent: Budget | str, texts: Texts) -> dict[str, Any]:
    facts: dict[str, Any] = {"level": asdict(level), "texts": texts.to_json()}
    if evaluation:
        facts["evaluation"] = evaluation.to_json()
    if isinstance(spent, Budget):
        facts["budget"] = asdict(spent)
    return facts
