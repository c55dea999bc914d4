"""Here is a release: serve it, ask it one question, or a file of them."""

from __future__ import annotations

import html
import json
import os
import re
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from release_format.program import YES, Parser, run_program, say
from release_format.release import KIND, Release
from release_format.seal import check_seal
from release_format.store import Store
from searchbar.batch import add_files, batch
from searchbar.engine import Engine
from searchbar.question import Answer, Question
from searchbar.settings import Settings, help_text
from searchbar.withdrawn import Withdrawn


def main(arguments: Sequence[str]) -> int:
    """Run one verb."""
    given = _parser().parse_args(arguments)
    settings = Settings.read(os.environ)
    # Its short texts are tokenised sooner by the thread that asks than by a crowd that has to be woken.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return int(given.run(given, settings))


def open_engine(release: str, store: str | None, settings: Settings) -> Engine:
    """Open a release by id, path or channel; its seal is checked while it is being opened."""
    path = Store.at(store).path(KIND, release)
    opened = Release.open(path, sizes_only=True)
    withdrawn = Withdrawn(Path(settings.withdrawn) if settings.withdrawn else None)
    with ThreadPoolExecutor(1) as beside:
        checked = beside.submit(check_seal, path) if settings.verify == "full" else None
        try:
            return Engine.open(opened, withdrawn=withdrawn)
        finally:
            # A broken seal explains more than whatever error the broken file caused.
            if checked:
                checked.result()


def _serve(given: Namespace, settings: Settings) -> int:
    started = time.monotonic()
    settings = replace(settings, host=given.host or settings.host, port=given.port or settings.port)
    with ThreadPoolExecutor(1) as beside:
        # Opening and probing are mostly work of libraries outside Python: the web server's modules load meanwhile.
        opening = beside.submit(_open_probed, given, settings)
        import uvicorn

        from searchbar.app import create_app
        from searchbar.keys import key_of

        key_of(settings)  # One that is refused is told before anything is said to answer.
        engine = opening.result()
    say(f"release {engine.release.id[:12]}: {len(engine.release.items):,} items, opened in {_since(started)}")
    say(f"searchbar answers at http://{settings.host}:{settings.port}")
    uvicorn.run(
        create_app(engine, settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        forwarded_allow_ips=settings.trusted_proxies,
    )
    return YES


def _open_probed(given: Namespace, settings: Settings) -> Engine:
    engine = open_engine(given.release, given.store, settings)
    _ = engine.failing_probes  # kept there: /readyz asks for them again
    return engine


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"


def _ask(given: Namespace, settings: Settings) -> int:
    engine = open_engine(given.release, given.store, settings)
    answer = engine.search(Question(given.question, k=given.k))
    print(json.dumps(answer.to_json(), ensure_ascii=False) if given.json else _for_people(answer))
    return YES


def _batch(given: Namespace, settings: Settings) -> int:
    return batch(open_engine(given.release, given.store, settings), given)


def _for_people(answer: Answer) -> str:
    lines = ["Nothing fits well; the nearest are:"] if answer.no_good_match else []
    for rank, hit in enumerate(answer.hits, answer.offset + 1):
        lines += [f"{rank:>3}. {hit.title}  ({hit.id}, {hit.matched}, {hit.score:.3f})"]
        lines += [f"     {html.unescape(re.sub('</?mark>', '', hit.snippet))}"]
    return "\n".join(lines or ["Nothing found."])


def _parser() -> Parser:
    parser = Parser(prog="python -m searchbar", description="Serve a release, or ask it questions.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    serve = verbs.add_parser(
        "serve",
        help="answer questions over HTTP",
        description=f"Answer questions over HTTP.\n\n{help_text()}",
        example="python -m searchbar serve latest --port 8000",
    )
    ask = verbs.add_parser(
        "ask",
        help="answer one question here",
        description="Answer one question on the console.",
        example='python -m searchbar ask latest "shrink photos without losing quality"',
    )
    many = verbs.add_parser(
        "batch",
        help="answer a file of questions into Parquet",
        description="Answer a file of questions, and foretell their topics, into Parquet by release and topic.",
        example="python -m searchbar batch prod questions.jsonl --out s3://bucket/answers",
    )
    for verb in (serve, ask, many):
        verb.add_argument("release", metavar="RELEASE", help="an id in the store, a path, or a channel's name")
        verb.add_argument("--store", help="where releases are kept (default: SEARCHBAR_STORE or var/store)")
    serve.add_argument("--host", help="address to listen on")
    serve.add_argument("--port", type=int, help="port to listen on")
    serve.set_defaults(run=_serve)
    ask.add_argument("question", help="what you are looking for")
    ask.add_argument("--k", type=int, default=10, help="how many hits")
    ask.add_argument("--json", action="store_true", help="the answer as JSON")
    ask.set_defaults(run=_ask)
    add_files(many)
    many.set_defaults(run=_batch)
    return parser


if __name__ == "__main__":
    sys.exit(run_program("searchbar", main))
