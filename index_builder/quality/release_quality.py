"""The quality of a release about to be sealed: its threshold, and what the gate measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from typing import Any

from index_builder.errors import BuildError
from index_builder.quality.evaluate import Evaluation, evaluate
from index_builder.quality.gate import read_bounds
from index_builder.quality.judgments import JudgedQuestion, share_gone
from index_builder.quality.metrics import MAIN
from index_builder.quality.resource_usage import ResourceUsage, budget
from index_builder.quality.rules_lint import lint
from index_builder.quality.text_stats import TextStats
from index_builder.quality.threshold import FEWEST_JUDGED, Threshold, calibrate, write_level
from release_format.gate import Measured, claim, judge
from release_format.progress import say
from release_format.release import Release
from release_format.verdict import Condition, Severity
from searchbar.engine import Engine

NO_JUDGMENTS = "no judgments were given"
LEGS = "ndcg-beside-legs"
TOLD = "measured by twenty judged questions"
# What is asked where nobody judged: so many beginnings of texts, of so many words.
ASKED, WORDS = 40, 8


@dataclass(frozen=True)
class ReleaseQuality:
    """What the quality gate saw of one release, alone."""

    level: Threshold
    conditions: Sequence[Condition]
    evaluation: Evaluation | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def judge_alone(
    staged: Release,
    engine: Engine,
    judged: Sequence[JudgedQuestion],
    spent: Future[ResourceUsage | str],
    texts: TextStats,
) -> ReleaseQuality:
    """Ask the staged release, write its levels.json, and judge it.

    `spent` is what `spending` will say of it, and `texts` what `texts_of` says.
    """
    evaluation = evaluate(engine, judged) if judged else None
    level = calibrate(engine, evaluation)
    write_level(staged.path, level)
    linted = lint(staged.rules, engine, judged).measured()
    measured = {
        **_answers(evaluation, judged),
        **_level(level),
        **_spent(spent.result()),
        **_texts(texts),
        **linted,
    }
    conditions = [_threshold(level), *judge(measured, read_bounds().absolute)]
    say(level.sentence())
    return ReleaseQuality(
        level, conditions, evaluation, _facts(evaluation, level, spent.result(), texts)
    )


def spending(staged: Release, judged: Sequence[JudgedQuestion]) -> ResourceUsage | str:
    """What answering costs, asked as judges do or by the items' own words; or why that cannot be
    told.

    What would refuse the release is measured once more: a machine that stands still for a moment
    makes one process slow, or ends it.
    """
    questions = [question.question for question in judged] or _own_words(staged)
    if not questions:
        return ""
    first = _spending(staged, questions)
    if _is_allowed(first):
        return first
    again = _spending(staged, questions)
    return again if isinstance(again, ResourceUsage) else first


def _spending(staged: Release, questions: Sequence[str]) -> ResourceUsage | str:
    try:
        return budget(staged.path, list(dict.fromkeys(questions)))
    except BuildError as error:
        return str(error)


def _is_allowed(spent: ResourceUsage | str) -> bool:
    measured, bounds = _spent(spent), read_bounds().absolute
    return not any(c.stops for c in judge(measured, {name: bounds[name] for name in measured}))


def _own_words(staged: Release) -> list[str]:
    """The beginnings of some items' texts, as long as questions are."""
    items = (
        staged.items[position]
        for position in range(0, len(staged.items), max(1, len(staged.items) // ASKED))
    )
    texts = (item.description or item.title for item in items)
    return [words for text in texts if (words := " ".join(text.split()[:WORDS]))]


def _answers(
    evaluation: Evaluation | None, judged: Sequence[JudgedQuestion]
) -> dict[str, Measured]:
    if evaluation is None:
        return {name: Measured(None, detail=NO_JUDGMENTS) for name in (LEGS, "judgments-gone")}
    gone = Measured(
        share_gone(judged, evaluation.gone), detail=f"of {len(evaluation.gone)} questions"
    )
    if not evaluation.judged:
        if evaluation.gone:
            return {
                LEGS: Measured(None, broken="every judged item is gone"),
                "judgments-gone": gone,
            }
        return {
            LEGS: Measured(None, detail="no judged question has an answer"),
            "judgments-gone": gone,
        }
    change, figure = evaluation.over_better_leg, evaluation.figures[MAIN]
    detail = (
        f"nDCG@10 {figure}, {evaluation.better_leg} is the better leg, change {change},"
        f" {change.chance}"
    )
    return {LEGS: Measured(change.high, detail=detail), "judgments-gone": gone}


def _threshold(level: Threshold) -> Condition:
    """Whether when nothing fits was measured here; what is assumed refuses nobody."""
    why = (
        "When nothing fits is assumed of the encoder. Judge twenty questions at /judge of the"
        " running search, and give the build the judgments."
    )
    is_measured = level.judged >= FEWEST_JUDGED
    return claim("threshold", is_measured, level.sentence(), TOLD, why, Severity.WARN)


def _level(level: Threshold) -> dict[str, Measured]:
    """How often "nothing fits" is false, and how often it is missed; nobody can tell the first
    without judgments."""
    missed = Measured(
        level.false_accept, detail=f"level {level.level}, of {level.bad} {level.unanswerable}"
    )
    if level.false_accept is None:
        missed = Measured(None, detail="the catalogue is about whatever was asked")
    if level.false_reject is None or level.judged < FEWEST_JUDGED:
        few = f"{level.judged} judged questions, and {FEWEST_JUDGED} are needed"
        return {"false-accept": missed, "false-reject": Measured(None, detail=few)}
    detail = f"level {level.level}, of {level.judged} judged questions"
    return {"false-accept": missed, "false-reject": Measured(level.false_reject, detail=detail)}


def _spent(spent: ResourceUsage | str) -> dict[str, Measured]:
    if isinstance(spent, str):
        nothing = Measured(None, detail="there is nothing to ask", broken=spent)
        return {"latency": nothing, "memory": nothing}
    return {
        "latency": Measured(
            spent.judged_ms,
            detail=f"{spent.cpu_p95_ms} ms at {spent.pace:.2f} of its pace; by the clock, which"
            f" counts what else the machine did, 95 of 100 within {spent.p95_ms} ms",
        ),
        "memory": Measured(spent.resident_mb),
    }


def _texts(texts: TextStats) -> dict[str, Measured]:
    """Items that say nothing, and items in languages that the encoder was not made for."""
    count, detail = (
        max(1, texts.items),
        ", ".join(f"{name} {n}" for name, n in list(texts.elsewhere.items())[:5]),
    )
    return {
        "empty-texts": Measured(texts.empty / count, detail=f"{texts.empty} items"),
        "other-languages": Measured(sum(texts.elsewhere.values()) / count, detail=detail),
    }


def _facts(
    evaluation: Evaluation | None, level: Threshold, spent: ResourceUsage | str, texts: TextStats
) -> dict[str, Any]:
    facts: dict[str, Any] = {"level": level.to_facts(), "texts": texts.to_json()}
    if evaluation:
        facts["evaluation"] = evaluation.to_json()
    if isinstance(spent, ResourceUsage):
        facts["budget"] = asdict(spent)
    return facts
