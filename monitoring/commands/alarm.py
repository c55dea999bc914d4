"""Make of a drift verdict that says no the evidence of a pull request, which `python -m forge
alarm` opens.

Exit code 0: nothing moved, or the log is too young to tell. 1: an alarm, whose file is the last
line. 3: nobody could tell, as in an outage. Only with 1 a file is left. Where topics fell, a recipe
that learns is left beside it.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from monitoring.alarms.evidence import evidence_of, fallen_topics
from monitoring.alarms.recipe import LEAST_JUDGED, learning_recipe
from monitoring.drift.drift import HISTORY
from monitoring.errors import MonitoringError
from monitoring.proposals.proposed_file import JudgedFiles
from release_format.cli import Parser
from release_format.exit_codes import NO, USAGE, YES
from release_format.progress import say
from release_format.verdict import Verdict

EXAMPLE = "python -m monitoring alarm var/watch/drift-verdict.json"
RECIPE = "recipe.toml"
LEARNS = (
    "The recipe in this pull request learns from judged questions; the quality gate tries what is"
    " learned on questions that are held out, and keeps it only where it wins."
)


def add_arguments(parser: Parser) -> None:
    """Add the verdict, what is judged, the recipe in force, and where to write."""
    parser.add_argument("verdict", type=Path, metavar="VERDICT", help="a drift verdict's file")
    parser.add_argument(
        "--judgments",
        type=Path,
        default=Path("catalogue/judgments.jsonl"),
        help="what is judged, to learn from (%(default)s)",
    )
    parser.add_argument(
        "--recipe",
        type=Path,
        default=Path("catalogue/recipe.toml"),
        help="the recipe in force, if there is one (%(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("var/watch/alarm.json"), help="default: %(default)s"
    )


def run(options: Namespace) -> int:
    """Write the evidence, where there is some."""
    recipe = options.out.parent / RECIPE
    for path in (options.out, recipe):
        path.unlink(missing_ok=True)
    verdict = _verdict(options.verdict)
    if verdict.exit_code != NO:
        return _quiet(verdict)
    advice, learns = _retraining(verdict, options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(evidence_of(verdict, advice).to_json(), encoding="utf-8")
    if learns:
        recipe.write_text(learns, encoding="utf-8")
    print(options.out)
    return NO


def _quiet(verdict: Verdict) -> int:
    """Say why there is no alarm; that a log is young is normal, and no outage."""
    refusals = verdict.refusals()
    if refusals and all(condition.name == HISTORY for condition in refusals):
        say(
            f"nothing can be told yet: {refusals[0].seen}, and {refusals[0].allowed} are needed."
            " Let the log grow."
        )
        return YES
    say("nothing moved" if verdict.says_yes else f"no alarm: {verdict.sentence()}")
    return verdict.exit_code


def _verdict(path: Path) -> Verdict:
    try:
        return Verdict.from_json(path.read_bytes(), path)
    except OSError as error:
        raise MonitoringError(
            f"{path} cannot be read ({error.strerror}). Name a drift verdict's file.", USAGE
        ) from error


def _retraining(verdict: Verdict, options: Namespace) -> tuple[list[str], str]:
    """What to say of learning where topics fell, and the recipe that does it."""
    if not fallen_topics(verdict):
        return [], ""
    answered = JudgedFiles.read(options.judgments).answered
    if answered < LEAST_JUDGED:
        few = f"Nothing is learned: {answered} questions are judged, {LEAST_JUDGED} would do."
        return [few], ""
    text = options.recipe.read_text("utf-8") if options.recipe.is_file() else ""
    if learns := learning_recipe(text):
        return [LEARNS], learns
    return ["The recipe learns already, or is written so that a person must change it."], ""
