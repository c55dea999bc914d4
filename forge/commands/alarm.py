"""Open or update the one pull request of an alarm, from the evidence that `python -m monitoring
alarm` left.

Nothing is retrained and nothing judged by it: a person merges, changes or closes it.
"""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta
from pathlib import Path

from forge.alarm import AlarmChange, raise_alarm
from forge.checkout import open_checkout
from forge.errors import ForgeError
from forge.propose import propose_lock
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE, YES
from release_format.watch.alarm import Alarm

EXAMPLE = "python -m forge alarm var/watch/alarm.json"
EVIDENCE, JUDGMENTS, RECIPE = "alarm.json", "judgments.proposed.jsonl", "recipe.toml"


def add_arguments(parser: Parser) -> None:
    """Add the evidence, what is proposed with it, and where that belongs."""
    parser.add_argument("evidence", type=Path, metavar="EVIDENCE", help="the alarm's file")
    parser.add_argument("--judgments", type=Path, help="proposed judgments to put into it")
    parser.add_argument("--recipe", type=Path, help="a recipe to put into it")
    parser.add_argument(
        "--catalogue",
        default="catalogue",
        help="what they belong to: a folder, or a file such as mine.csv (%(default)s)",
    )
    parser.add_argument(
        "--cooldown",
        type=int,
        default=7,
        metavar="DAYS",
        help="the same stays quiet for so long after it was closed or merged (%(default)s)",
    )


def run(options: Namespace) -> int:
    """Open or update it, and print its address."""
    settings = read_settings(ForgeSettings)
    if options.cooldown < 0:
        raise ForgeError("a cooldown is no days or more. Give --cooldown so.", USAGE)
    alarm = Alarm.from_json(_content(options.evidence), options.evidence)
    proposed = {JUDGMENTS: options.judgments, RECIPE: options.recipe}
    files = {
        beside(options.catalogue, name): path for name, path in proposed.items() if path is not None
    }
    for path in files.values():
        _content(path)
    change = AlarmChange(alarm, beside(options.catalogue, EVIDENCE), files)
    with propose_lock(Path("var")):
        address = raise_alarm(
            settings, open_checkout(settings), change, timedelta(days=options.cooldown)
        )
    if address:
        print(address)
    return YES


def beside(catalogue: str, name: str) -> str:
    """The path of what belongs to a catalogue: in its folder, or beside `mine.csv` as `mine.NAME`.

    Raises:
        ForgeError: it lies outside of the work tree.
    """
    path = Path(catalogue)
    if path.is_absolute() or ".." in path.parts or "://" in catalogue:
        raise ForgeError(f"{catalogue!r} is not in this work tree. Name one that is.", USAGE)
    return (path.with_suffix(f".{name}") if path.suffix else path / name).as_posix()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ForgeError(
            f"{path} cannot be read ({error.strerror}). Name a file that is there.", USAGE
        ) from error
