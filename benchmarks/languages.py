"""How good the answers are in each language: by words, by meaning and by both.

    python benchmarks/languages.py [FOLDER_OF_BEIR_SETS ...] [--recipe FILE] [--json]

`shop.toml` is a small shop in six languages, made up, with questions judged by hand. It is asked as
one catalogue in all of them, where the items of the question's own language are relevant and no
others ("one shop"), and in each language by itself ("own shop"). Sets in BEIR layout come besides,
each in the language that most of it is in.

Every release is built as for a catalogue that nobody judged: how much words and meaning count is
what the catalogue alone tells the build. nDCG@10; `both − better leg` is paired, with the interval
that holds 95 of 100 sets of questions like these (bootstrap).
"""

from __future__ import annotations

import sys
import tomllib
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.beir import built_of, sets_in
from benchmarks.recorded import add_options, tell
from index_builder.quality.evaluate import evaluate
from index_builder.quality.judgments import JudgedQuestion, beir_items, read_judgments
from index_builder.quality.metrics import MAIN
from index_builder.quality.query_runner import MEANING, WORDS
from release_format.cli import run_program
from release_format.exit_codes import YES
from release_format.items import Item
from release_format.progress import say
from searchbar.engine import Engine

SHOP = Path(__file__).with_name("shop.toml")
LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
COLUMNS = ("set", "language", "questions", "words", "meaning", "both", "both − better leg")


@dataclass(frozen=True)
class LanguageFigures:
    """nDCG@10 of one set's questions in one language, by either leg and by both."""

    set: str
    language: str
    questions: int
    words: float
    meaning: float
    both: float
    over_better_leg: str
    is_worse: bool


@dataclass(frozen=True)
class AskedCatalogue:
    """A catalogue, and its judged questions by their language."""

    name: str
    items: Sequence[Item]
    judged: Mapping[str, Sequence[JudgedQuestion]]


def shops(path: Path = SHOP) -> Iterator[AskedCatalogue]:
    """The shop in all its languages at once, and in each by itself."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    yield _shop("one shop", table, LANGUAGES)
    for language in LANGUAGES:
        yield _shop("own shop", table, (language,))


def _item(entry: Mapping[str, Any], language: str) -> Item:
    title, description = entry[language]
    return Item(f"{entry['id']}-{language}", title, description, language=language)


def _shop(name: str, table: Mapping[str, Any], languages: Sequence[str]) -> AskedCatalogue:
    items = [_item(entry, language) for entry in table["items"] for language in languages]
    judged = {
        language: [_judged(entry, language) for entry in table["questions"]]
        for language in languages
    }
    return AskedCatalogue(name, sorted(items, key=lambda item: item.id), judged)


def _judged(entry: Mapping[str, Any], language: str) -> JudgedQuestion:
    relevant = {f"{id}-{language}": grade for id, grade in entry["relevant"].items()}
    return JudgedQuestion(f"{entry['id']}-{language}", entry[language], relevant)


def beir_set(folder: Path) -> AskedCatalogue:
    """A set in BEIR layout; its language is told by its release."""
    return AskedCatalogue(folder.name, beir_items(folder), {"": read_judgments(folder)})


def measure(
    catalogue: AskedCatalogue, recipe: Path | None = None
) -> tuple[list[LanguageFigures], int]:
    """The figures of every language, and what the gate's answer ends the program with; none where
    it says no."""
    with built_of(catalogue.items, recipe) as made:
        say(f"{catalogue.name}: {made.verdict.sentence()}")
        if made.engine is None:
            return [], made.verdict.exit_code
        told = [
            _figures(made.engine, catalogue.name, language, judged)
            for language, judged in catalogue.judged.items()
        ]
    return told, YES


def _figures(
    engine: Engine, name: str, language: str, judged: Sequence[JudgedQuestion]
) -> LanguageFigures:
    evaluation = evaluate(engine, judged)
    gain = evaluation.over_better_leg
    words, meaning = (float(evaluation.legs[leg].mean()) for leg in (WORDS, MEANING))
    return LanguageFigures(
        name,
        language or _mostly(engine),
        len(evaluation.judged),
        round(words, 4),
        round(meaning, 4),
        round(float(evaluation.values[MAIN].mean()), 4),
        str(gain),
        gain.worse,
    )


def _mostly(engine: Engine) -> str:
    """The language that most items are in."""
    languages = engine.retriever.lexical.languages
    counts = languages.items if languages else {}
    return max(sorted(counts), key=lambda each: counts[each], default="")


def table(figures: Sequence[LanguageFigures]) -> str:
    """The figures in Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for by in figures:
        best = max(by.words, by.meaning, by.both)
        ways = (by.words, by.meaning, by.both)
        shown = [f"**{each:.3f}**" if each == best else f"{each:.3f}" for each in ways]
        cells = [by.set, by.language, str(by.questions), *shown, by.over_better_leg]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(
        "benchmarks/languages.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="*", metavar="FOLDER_OF_BEIR_SETS")
    parser.add_argument(
        "--recipe", type=Path, metavar="FILE", help="what differs from index_builder/recipe.toml"
    )
    parser.add_argument("--no-shop", action="store_true", help="ask the folders alone")
    add_options(parser)
    options = parser.parse_args(arguments)
    folders = [folder for several in options.folder for folder in sets_in(several)]
    catalogues = [] if options.no_shop else list(shops())
    catalogues += map(beir_set, folders)
    figures: list[LanguageFigures] = []
    exit_code = YES
    for catalogue in catalogues:
        told, ended = measure(catalogue, options.recipe)
        figures += told
        exit_code = exit_code or ended
        if told:
            say(table(told))
    if figures:
        sets = [asdict(by) for by in figures]
        tell("languages", parser, options, {"sets": sets}, table(figures))
    return exit_code


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/languages.py", main))
