"""Looks for a recipe that answers better, and writes it where it wins on held-out questions."""

from __future__ import annotations

import importlib.util
from argparse import Namespace
from functools import partial
from pathlib import Path

from index_builder.build.content import trial_engine
from index_builder.commands.options import JUDGMENTS, add_store
from index_builder.quality.judgments import read_judgments
from index_builder.request.request import BuildRequest
from index_builder.training.tune import Search, tune, write_recipe
from release_format.cli import Parser
from release_format.exit_codes import NO, YES, UsageError
from release_format.progress import say
from release_format.store.locate import open_store
from release_format.system.temporary_folder import temporary_folder

EXAMPLE = "python -m index_builder tune latest --trials 50 --minutes 30"
OUT = Path("catalogue/recipe.toml")


def add_arguments(parser: Parser) -> None:
    """Add what `tune` is asked with."""
    parser.add_argument(
        "snapshot", metavar="SNAPSHOT", help="an id in the store, a path, or `latest`"
    )
    parser.add_argument(
        "--judgments", type=Path, default=JUDGMENTS, metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument(
        "--recipe",
        type=Path,
        metavar="FILE",
        help="the recipe to beat (default: that of the package)",
    )
    parser.add_argument(
        "--questions", type=Path, metavar="FILE", help="a log whose clicks an encoder learns from"
    )
    parser.add_argument("--trials", type=int, default=50, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--minutes", type=float, default=0, metavar="N", help="start no trial after so many minutes"
    )
    parser.add_argument(
        "--finetune", action="store_true", help="also try fine-tuning: minutes for each such trial"
    )
    parser.add_argument(
        "--out", type=Path, default=OUT, metavar="FILE", help="default: %(default)s"
    )
    add_store(parser)


def run(options: Namespace) -> int:
    """Search, and write the best recipe where it wins."""
    if options.trials < 1 or options.minutes < 0:
        raise UsageError(
            "tune needs at least one trial and no negative minutes. Give --trials 50, for example."
        )
    if importlib.util.find_spec("optuna") is None:
        raise UsageError('optuna is not installed. Install the extra "train".')
    request = BuildRequest.of(
        open_store(options.store),
        options.snapshot,
        recipe=options.recipe,
        judgments=options.judgments,
        questions=options.questions,
    )
    search = Search(options.trials, options.minutes, options.finetune)
    with temporary_folder("searchbar-tune-") as work:
        judged = read_judgments(options.judgments)
        winner = tune(request, judged, search, partial(trial_engine, work))
    if winner is None:
        say("tune: nothing is proposed. Judge more questions, or go on with more trials.")
        return NO
    write_recipe(options.out, *winner)
    say(
        f"Propose it: python -m forge propose {options.out} --branch catalogue/recipe, or `make"
        " tune` next time."
    )
    print(options.out)
    return YES
