"""Here is a release about to be sealed: give me its level of no good match, and whether it finds what it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from typing import Any

from index_builder.budget import Budget, budget
from index_builder.evaluate import Evaluation, evaluate
from index_builder.gate import Measured, judge, read_bounds
from index_builder.judgments import Judged, share_gone
from index_builder.levels import Level, calibrate, write_level
from index_builder.measures import MAIN
from index_builder.recipe import BuildError
from index_builder.rules_lint import lint
from index_builder.texts import Texts
from release_format.release import Release
from release_format.verdict import Answer, Condition, Severity
from searchbar.engine import Engine

NO_JUDGMENTS = "no judgments were given"
LEGS = "ndcg-beside-legs"
TOLD = "one that tells good answers from bad ones"
# What is asked where nobody judged: so many beginnings of texts, of so many words.
ASKED, WORDS = 40, 8


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
    level = calibrate(engine, evaluation, texts.result().unknown)
    write_level(staged.path, level)
    engine.level = level.level
    linted = lint(staged, engine, judged).measured()
    measured = {
        **_answers(evaluation, judged), **_level(level), **_spent(spent.result()), **_texts(texts.result()), **linted
    }  # fmt: skip
    conditions = [_threshold(level), *judge(measured, read_bounds().absolute)]
    return Quality(level, conditions, evaluation, _facts(evaluation, level, spent.result(), texts.result()))


def spending(staged: Release, judged: Sequence[Judged]) -> Budget | str:
    """What answering costs, asked as judges do or by the items' own words; or why that cannot be told."""
    questions = [one.question for one in judged] or _own_words(staged)
    if not questions:
        return ""
    try:
        return budget(staged.path, list(dict.fromkeys(questions)))
    except BuildError as error:
        return str(error)


def _own_words(staged: Release) -> list[str]:
    """The beginnings of some items' texts, as long as questions are."""
    items = (staged.items[position] for position in range(0, len(staged.items), max(1, len(staged.items) // ASKED)))
    texts = (item.description or item.title for item in items)
    return [words for text in texts if (words := " ".join(text.split()[:WORDS]))]


def _answers(evaluation: Evaluation | None, judged: Sequence[Judged]) -> dict[str, Measured]:
    if evaluation is None:
        return {name: Measured(None, NO_JUDGMENTS) for name in (LEGS, "judgments-gone")}
    gone = Measured(share_gone(judged, evaluation.gone), f"of {len(evaluation.gone)} questions")
    if not evaluation.judged:
        if evaluation.gone:
            return {LEGS: Measured(None, broken="every judged item is gone"), "judgments-gone": gone}
        return {LEGS: Measured(None, "no judged question has an answer"), "judgments-gone": gone}
    change, figure = evaluation.over_better_leg, evaluation.figures[MAIN]
    said = f"nDCG@10 {figure}, {evaluation.better_leg} is the better leg, change {change}, {change.chance}"
    return {LEGS: Measured(change.high, said), "judgments-gone": gone}


def _threshold(level: Level) -> Condition:
    """Whether a level of no good match can be told; it is an estimate of ours, and none refuses nobody."""
    if level.level is None:
        return Condition(
            "threshold", Answer.NO, f"not told: {level.cause}", TOLD, Severity.WARN, "Nothing is called a bad match."
            " Judge twenty questions at /judge of the running search, and give the build the judgments."
        )  # fmt: skip
    return Condition("threshold", Answer.YES, f"{level.level} from {level.source}", TOLD, Severity.WARN)


def _level(level: Level) -> dict[str, Measured]:
    if level.level is None:
        said = "the threshold is not told"
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
        "latency": Measured(
            spent.judged_ms,
            f"{spent.cpu_p95_ms} ms at {spent.pace:.2f} of its pace; by the clock, which counts what else the machine"
            f" did, 95 of 100 within {spent.p95_ms} ms",
        ),
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
