"""Builds a release: encodes what changed, indexes, judges, and seals what the gate lets pass."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from pathlib import Path

from index_builder.commands.options import add_report, add_store
from index_builder.request.request import BuildRequest
from index_builder.tracking.build_run import Build, recorded
from release_format.cli import Parser
from release_format.exit_codes import YES
from release_format.progress import say
from release_format.store.locate import open_store

EXAMPLE = "python -m index_builder build 3f2a91 --live prod"
# By name: a build that has nothing to do would wait as long again for the libraries of one that
# has, FAISS and ONNX Runtime above all.
BUILDER = "index_builder.build.build"


def add_arguments(parser: Parser) -> None:
    """Add what `build` is asked with."""
    parser.add_argument(
        "snapshot", metavar="SNAPSHOT", help="an id in the store, a path, or a channel's name"
    )
    parser.add_argument(
        "--live",
        metavar="RELEASE",
        help="what it is compared with; what did not change is taken from it",
    )
    parser.add_argument(
        "--recipe", type=Path, metavar="FILE", help="what differs from index_builder/recipe.toml"
    )
    parser.add_argument("--rules", type=Path, metavar="FILE", help="synonyms, pins and hides")
    parser.add_argument(
        "--judgments", type=Path, metavar="FILE", help="judged questions: a file or a BEIR folder"
    )
    parser.add_argument(
        "--questions", type=Path, metavar="FILE", help="a log whose clicks the encoder learns from"
    )
    add_store(parser)
    add_report(parser)
    parser.add_argument(
        "--id-only",
        action="store_true",
        help="print the id that the release would have; build nothing",
    )


def run(options: Namespace) -> int:
    """Build, unless a release of the same origin is in the store already."""
    store = open_store(options.store)
    request = BuildRequest.of(
        store,
        options.snapshot,
        live=options.live,
        recipe=options.recipe,
        rules=options.rules,
        judgments=options.judgments,
        questions=options.questions,
    )
    id = request.origin.id
    if options.id_only:
        print(id)
        return YES
    if id in store.ids("release"):
        say(f"release {id[:12]} is there already: nothing that it is made from has changed")
        print(id)
        return YES
    build: Build = import_module(BUILDER).build
    verdict = recorded(build, request, store, options.report)
    say("\n\n".join(verdict.paragraphs()))
    if verdict.says_yes:
        print(id)
    return verdict.exit_code
