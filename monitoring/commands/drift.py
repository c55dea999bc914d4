"""Judge the last window of the query log beside those before it, by what is live.

Exit code 1 says that it is unlike all of them: the verdict names in what, with the questions, and
what may be the cause. Exit code 3: too little history, or hardly anything was asked.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from monitoring.commands.options import add_log, lines_of, log_of
from monitoring.drift import text_file
from monitoring.drift.drift import drift_verdict
from monitoring.drift.kept import KeptText, encoder_digest, kept_file, read_kept, write_kept
from monitoring.drift.windows import Window, windows
from monitoring.errors import MonitoringError
from release_format.cli import Parser
from release_format.config.registry import read_settings
from release_format.config.server import ServerSettings
from release_format.exit_codes import USAGE
from release_format.items import Items
from release_format.progress import say
from release_format.seal import write_atomically
from release_format.verdict import Verdict
from searchbar.engine import Engine
from searchbar.opening import add_release_arguments, open_engine
from searchbar.results.topic_votes import Labels

EXAMPLE = "python -m monitoring drift latest --log var/log/questions.jsonl --days 7"
REPORT = "drift-verdict.json"
MOST_DAYS = 366


def add_arguments(parser: Parser) -> None:
    """Add the release, the log and how long a window is."""
    add_release_arguments(parser)
    add_log(parser)
    parser.add_argument(
        "--days", type=int, default=7, help="how many days a window has (7; 1 compares like days)"
    )
    parser.add_argument(
        "--until", type=date.fromisoformat, help="the day after the last window (default: today)"
    )
    parser.add_argument("--report", type=Path, help="a folder for the verdict and drift.prom")
    parser.add_argument(
        "--kept",
        type=Path,
        metavar="FOLDER",
        help="where vectors and numbers of windows are kept (default: beside the log)",
    )


def run(options: Namespace) -> int:
    """Judge, print what was found, and leave the verdict in the folder of reports."""
    settings = read_settings(ServerSettings)
    log = log_of(options)
    if not 1 <= options.days <= MOST_DAYS:
        raise MonitoringError(f"a window has 1 to {MOST_DAYS} days. Give --days so.", USAGE)
    several = windows(lines_of(log), options.days, options.until or datetime.now(UTC).date())
    engine = open_engine(options.release, options.store, settings)
    verdict = _judge(engine, several, options.kept or log.parent, log.name)
    _tell(verdict)
    if options.report:
        options.report.mkdir(parents=True, exist_ok=True)
        write_atomically(options.report / REPORT, verdict.to_json() + "\n")
        write_atomically(options.report / text_file.NAME, text_file.text_file(verdict))
    return verdict.exit_code


def _judge(engine: Engine, several: Sequence[Window], folder: Path, log: str) -> Verdict:
    """The verdict, by what is kept of earlier windows, too; what was new is kept for the next."""
    encoder = encoder_digest(engine.release)
    path = kept_file(folder, log, encoder)
    kept, known = read_kept(path, encoder), KnownWords(engine)
    if kept.problem:
        say(f"monitoring: {kept.problem}")
    together = kept.with_kept(several)
    by = engine.retriever.encoder.encode_query
    verdict = drift_verdict(
        engine.release.id,
        together,
        lambda texts: kept.encode(texts, by),
        known.know,
        ItemTopics(engine.release.items).of,
    )
    try:
        write_kept(path, kept, together, known.know)
    except OSError as error:
        say(
            f"monitoring: {path} cannot be written ({error.strerror}), so the next run encodes all"
            " questions again. Name a folder with --kept."
        )
    return verdict


class KnownWords:
    """The words of the catalogue."""

    def __init__(self, engine: Engine) -> None:
        self._lexical = engine.retriever.lexical
        self._words = {word for word, _ in self._lexical.vocabulary()}

    def know(self, question: str) -> bool:
        """Whether each of a question's words stands in some item, or did when it was kept."""
        if isinstance(question, KeptText):
            return question.is_known
        return all(word in self._words for word in self._lexical.reader.plain_words(question))


class ItemTopics:
    """The one topic of each item: of its own the rarest that another has, too."""

    def __init__(self, items: Items) -> None:
        self._items, self._labels = items, Labels.of(items)

    def of(self, id: str) -> str:
        """The topic of an item; "" of one that is gone or shares none."""
        position = self._items.position(id)
        number = -1 if position is None else int(self._labels.values[position])
        return "" if number < 0 else self._labels.names[number]


def _tell(verdict: Verdict) -> None:
    facts = verdict.facts
    say(
        f"{facts['days']} days from {facts['start']}: {facts['questions']:,} questions,"
        f" {facts['different']:,} different, beside {facts['windows']} earlier windows"
    )
    for condition in verdict.conditions:
        say(f"  {condition.sentence()}")
    for question in facts.get("novel", [])[:5] if not verdict.says_yes else []:
        say(f"  asked now, unlike all before: {question}")
    if cause := facts.get("cause"):
        say(f"  perhaps: {cause}")
    say(verdict.sentence() if verdict.says_yes else f"The drift gate says {_answer(verdict)}.")


def _answer(verdict: Verdict) -> str:
    return "no" if verdict.exit_code == 1 else "nothing: it could not tell"
