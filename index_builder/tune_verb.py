"""Here is a command line: give me the verb that looks for a better recipe."""

from __future__ import annotations

import importlib.util
from argparse import Namespace
from pathlib import Path
from typing import Any

from index_builder.verbs import JUDGMENTS
from release_format.program import Parser, UsageError

OUT = Path("catalogue/recipe.toml")


def add_tune(verbs: Any) -> None:
    """Add the verb `tune`."""
    parser: Parser = verbs.add_parser(
        "tune",
        help="snapshot, judged questions → a recipe that answers better",
        example="python -m index_builder tune latest --trials 50 --minutes 30",
    )
    parser.set_defaults(run=_tune)
    parser.add_argument("snapshot", metavar="SNAPSHOT", help="an id in the store, a path, or `latest`")
    parser.add_argument("--judgments", type=Path, default=JUDGMENTS, metavar="FILE", help="default: %(default)s")
    parser.add_argument(
        "--recipe", type=Path, metavar="FILE", help="the recipe to beat (default: that of the package)"
    )
    parser.add_argument("--questions", type=Path, metavar="FILE", help="a log whose clicks an encoder learns from")
    parser.add_argument("--trials", type=int, default=50, metavar="N", help="default: %(default)s")
    parser.add_argument("--minutes", type=float, default=0, metavar="N", help="start no trial after so many minutes")
    parser.add_argument("--finetune", action="store_true", help="also try fine-tuning: minutes for each such trial")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE", help="default: %(default)s")
    parser.add_argument("--store", metavar="URL", help="a folder or s3://… (default: SEARCHBAR_STORE or var/store)")


def _tune(options: Namespace) -> int:
    if options.trials < 1 or options.minutes < 0:
        raise UsageError("tune needs at least one trial and no negative minutes. Give --trials 50, for example.")
    if importlib.util.find_spec("optuna") is None:
        raise UsageError('optuna is not installed. Install the extra "train".')
    from index_builder.tune import tune

    return tune(options)
