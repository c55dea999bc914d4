"""Judged sets in other languages, made of what people translated of Debian's package descriptions.

    python benchmarks/translated.py FOLDER [--languages de,es,fr,it] [--documents 1000]

Writes FOLDER/debian-LANGUAGE in BEIR layout, for benchmarks/languages.py and benchmarks/quality.py:
the one-line synopsis of a package asks for its long description, among those of as many packages
as are told, drawn always alike. What is not translated, or says what another one says, is left out.
Needs apt; the lists are fetched into FOLDER.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

if __package__ in (None, ""):  # Started as a file.
    sys.path.insert(0, str(Path(__file__).parent.parent))

from data_checks.sources.debian import (
    APT_HELPER,
    FETCH_SETTINGS,
    lines_of,
    paragraphs,
    readable,
)
from release_format.cli import run_program
from release_format.exit_codes import YES, UsageError
from release_format.progress import say
from release_format.seal import digest_of

ORIGINAL = "en"
QUESTIONS = 0.3
# Shorter texts are hardly worth finding.
SHORTEST, SHORTEST_SYNOPSIS = 150, 20
# Texts that begin alike belong to packages of one source.
BEGINNING = 80

# By package, its synopsis and its long description.
Descriptions = Mapping[str, tuple[str, str]]


def descriptions(blocks: Iterable[Mapping[str, str]], language: str) -> Descriptions:
    """The descriptions of a list of translations."""
    field = f"Description-{language}"
    told = ((block["Package"], block[field]) for block in blocks if field in block)
    return {name: (text.partition("\n")[0].strip(), readable(text)) for name, text in told}


def chosen(own: Descriptions, original: Descriptions, documents: int) -> list[str]:
    """The packages of a set, in an order that says nothing; the first ones are asked for."""
    begun: set[str] = set()
    names: list[str] = []
    for name in sorted(own, key=digest_of):
        synopsis, text = own[name]
        before = original.get(name, ("", ""))
        is_translated = own is original or (
            synopsis != before[0] and text[:BEGINNING] != before[1][:BEGINNING]
        )
        is_long = len(text) >= SHORTEST and len(synopsis) >= SHORTEST_SYNOPSIS
        if is_translated and is_long and text[:BEGINNING] not in begun:
            begun.add(text[:BEGINNING])
            names.append(name)
    return names[:documents]


def write_set(folder: Path, own: Descriptions, names: Sequence[str]) -> None:
    """Write a set in BEIR layout."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    asked = names[: max(1, round(QUESTIONS * len(names)))]
    corpus = [{"_id": name, "title": "", "text": own[name][1]} for name in sorted(names)]
    queries = [{"_id": f"q-{name}", "text": own[name][0]} for name in asked]
    for file, rows in (("corpus", corpus), ("queries", queries)):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{file}.jsonl").write_text("".join(lines), encoding="utf-8")
    judged = "".join(f"q-{name}\t{name}\t1\n" for name in asked)
    (folder / "qrels/test.tsv").write_text(
        f"query-id\tcorpus-id\tscore\n{judged}", encoding="utf-8"
    )


def fetched(folder: Path, languages: Sequence[str]) -> dict[str, list[Path]]:
    """The lists of translations of each language.

    Raises:
        UsageError: apt did not fetch them.
    """
    lists = folder.resolve() / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    settings = [
        f"Dir::State::lists={lists}",
        f"Dir::Cache={lists}",
        f"Acquire::Languages={','.join(languages)}",
        *FETCH_SETTINGS,
    ]
    command = [
        "apt-get",
        *(word for setting in settings for word in ("-o", setting)),
        "-q",
        "update",
    ]
    try:
        subprocess.run(command, capture_output=True, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"apt-get cannot fetch translations ({error}). Try it by hand.") from error
    found = {each: sorted(lists.glob(f"*Translation-{each}*")) for each in languages}
    if missing := [language for language, paths in found.items() if not paths]:
        raise UsageError(
            f"there are no translations to {', '.join(missing)}. Name other languages, or look at"
            " what `apt-get update` says."
        )
    return found


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(
        "benchmarks/translated.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--languages", default="de,es,fr,it", help="codes with commas between them")
    parser.add_argument("--documents", type=int, default=1000, help="the most of each set")
    options = parser.parse_args(arguments)
    languages = [each.strip() for each in options.languages.split(",") if each.strip()]
    lists = fetched(options.folder, list(dict.fromkeys([ORIGINAL, *languages])))
    told = {
        language: descriptions(
            (
                block
                for path in paths
                for block in paragraphs(lines_of(APT_HELPER, "cat-file", str(path)))
            ),
            language,
        )
        for language, paths in lists.items()
    }
    for language in languages:
        names = chosen(told[language], told[ORIGINAL], options.documents)
        write_set(options.folder / f"debian-{language}", told[language], names)
        say(f"debian-{language}: {len(names):,} descriptions")
    return YES


if __name__ == "__main__":
    sys.exit(run_program("benchmarks/translated.py", main))
