"""Answer a file of questions, and foretell their topics, into Parquet by release and topic."""

from __future__ import annotations

from argparse import Namespace

from release_format.cli import Parser
from release_format.config.registry import read_settings
from release_format.config.server import ServerSettings
from release_format.exit_codes import YES
from searchbar.batch.batch import PART, BatchRequest, answer_batch
from searchbar.opening import add_release_arguments, open_engine
from searchbar.query.question import MOST_HITS

EXAMPLE = "python -m searchbar batch prod questions.jsonl --out s3://bucket/answers"


def add_arguments(parser: Parser) -> None:
    """Add the release, and what a batch reads and writes."""
    add_release_arguments(parser)
    parser.add_argument(
        "questions", metavar="QUESTIONS", help='a file or address, one {"question": "…"} a line'
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="DIR",
        help="a folder, or an address such as s3://bucket/dir",
    )
    parser.add_argument(
        "--k", type=int, default=10, help=f"hits an answer, at most {MOST_HITS} (default: 10)"
    )
    parser.add_argument(
        "--part", type=int, default=PART, help="questions a part (default: %(default)s)"
    )


def run(options: Namespace) -> int:
    """Answer the questions that have no answer in the folder yet; print the release's id."""
    settings = read_settings(ServerSettings)
    engine = open_engine(options.release, options.store, settings)
    answer_batch(engine, BatchRequest(options.questions, options.out, options.k, options.part))
    print(engine.release.id)
    return YES
