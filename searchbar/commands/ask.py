"""Answer one question on the console."""

from __future__ import annotations

import html
import json
import re
from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from release_format.cli import Parser
from release_format.config.registry import read_settings
from release_format.config.server import ServerSettings
from release_format.exit_codes import YES
from release_format.progress import one_line, show
from searchbar.opening import add_release_arguments, open_engine
from searchbar.query.question import UNCUT, Answer, Question, check_text

EXAMPLE = 'python -m searchbar ask latest "shrink photos without losing quality"'


def add_arguments(parser: Parser) -> None:
    """Add the release, the question, and how to answer it."""
    add_release_arguments(parser)
    parser.add_argument("question", help="what you are looking for")
    parser.add_argument("--k", type=int, default=10, help="how many hits")
    parser.add_argument(
        "--cut", default="", choices=["", UNCUT], help="none: what is less likely, too"
    )
    parser.add_argument("--json", action="store_true", help="the answer as JSON")


def run(options: Namespace) -> int:
    """Ask the question and print its answer."""
    check_text(options.question)
    settings = read_settings(ServerSettings)
    engine = open_engine(options.release, options.store, settings)
    answer = engine.search(Question(options.question, k=options.k, cut=options.cut))
    if options.json:
        print(json.dumps(answer.to_json(), ensure_ascii=False))
    else:
        show(_as_text(answer))
    return YES


def _as_text(answer: Answer) -> str:
    lines = list(_read(answer.read))
    lines += ["Nothing fits well; the nearest are:"] if answer.no_good_match else []
    for rank, hit in enumerate(answer.hits, answer.offset + 1):
        # What a catalogue says could command the terminal, or begin a line of its own.
        title, id = one_line(hit.title), one_line(hit.id)
        lines += [f"{rank:>3}. {title}  ({id}, {hit.matched}, {hit.score:.3f})"]
        lines += [f"     {one_line(html.unescape(re.sub('</?mark>', '', hit.snippet)))}"]
    lines += [] if answer.hits else ["Nothing found."]
    lines += [_cut(answer)] if answer.hits and answer.less_likely else []
    return "\n".join(lines)


def _cut(answer: Answer) -> str:
    if answer.no_good_match:
        return f"{answer.less_likely:,} others are less likely still."
    return f"{answer.total_text} in all; --cut none shows what is less likely, too."


def _read(read: Mapping[str, Any]) -> Iterator[str]:
    """What was read of the question, one line each; nothing where all of it is text."""
    filters = [f"{name}:{value}" for name, values in read["filters"].items() for value in values]
    kinds = {"exactly": read["phrases"], "without": read["without"], "only": filters}
    if said := [f"{kind} {', '.join(map(repr, of))}" for kind, of in kinds.items() if of]:
        yield f"Read as: {'; '.join(said)}."
    if read["phrases_dropped"]:
        yield (
            f"Nothing holds {', '.join(map(repr, read['phrases_dropped']))} as quoted: searched"
            " without the quotation marks."
        )
