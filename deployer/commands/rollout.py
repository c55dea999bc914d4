"""Make a release, served by an image, live."""

from __future__ import annotations

import argparse
from pathlib import Path

from deployer.commands.options import add_place, add_rehearse, add_wait
from deployer.errors import RolloutError
from deployer.fleet import open_fleet
from deployer.hosts import read_hosts
from deployer.owed.record import OwedActs
from deployer.owed.settle import settle_before_rollout
from deployer.registry.commit import commit_here
from deployer.rollout.rollout import Rollout, RolloutRequest
from deployer.rollout.step_timer import REHEARSED, StepTimer
from deployer.transport import image
from release_format import questions
from release_format.exit_codes import USAGE, YES
from release_format.release import KIND
from release_format.store.locate import open_store

EXAMPLE = "python -m deployer rollout 1f0c2a --image sha256:… --environment stage"
JUDGMENTS = Path("catalogue/judgments.jsonl")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument("release", help="an id, a path, or a channel's name")
    parser.add_argument(
        "--image", required=True, help="sha256:… of an image here, or registry/name@sha256:…"
    )
    parser.add_argument(
        "--canary",
        type=_percent,
        default=0,
        help="first send this share of visitors there, like 5%%",
    )
    parser.add_argument(
        "--hotfix",
        action="store_true",
        help=(
            "another image for the release that is live: needs no certificate of an earlier"
            " environment"
        ),
    )
    parser.add_argument(
        "--questions", type=Path, help="logged questions to ask both colours (default: the judged)"
    )
    add_wait(parser)
    add_rehearse(parser)


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    store = open_store(options.store)
    request = RolloutRequest(
        release=store.path(KIND, options.release),
        image=image.resolve(options.image),
        questions=_read_questions(options.questions, environment.shadow),
        canary=options.canary,
        hotfix=options.hotfix,
        commit=commit_here(),
        patience=options.wait,
    )
    with open_fleet(environment, rehearsing=options.rehearse) as fleet:
        settle_before_rollout(fleet, OwedActs(store, environment.name))
        timer = StepTimer(REHEARSED) if options.rehearse else StepTimer()
        certificate = Rollout(fleet, store, request, timer).go()
    if not options.rehearse:
        print(certificate or store.resolve(KIND, options.release))
    return YES


def _read_questions(path: Path | None, most: int) -> list[str]:
    """The last questions of a log, each once; without a log, those of the judgments."""
    if not most:
        return []
    if path is None:
        if not JUDGMENTS.exists():
            return []
        path = JUDGMENTS
    try:
        texts = [logged.question for logged in questions.read(path) if logged.question.strip()]
    except OSError as error:
        raise RolloutError(
            f"{path} cannot be read ({error.strerror}). Give another file.", USAGE
        ) from error
    return list(dict.fromkeys(texts))[-most:]


def _percent(text: str) -> int:
    number = text.removesuffix("%").strip()
    if not number.isdigit() or not 1 <= int(number) <= 50:
        raise argparse.ArgumentTypeError(f"{text!r} is no share: give 1% to 50%")
    return int(number)
