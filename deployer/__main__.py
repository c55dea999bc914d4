"""Here is a sealed release and an image: make them live, or say what is."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from deployer import image, status
from deployer.commands import Commands
from deployer.connect import pin
from deployer.error import RolloutError
from deployer.fleet import Fleet, reach, rehearse, whoami
from deployer.hosts import DEFAULT, Environment, read_hosts
from deployer.prepare import prepare, script
from deployer.prune import prune
from deployer.rollback import Rollback
from deployer.rollout import Rollout, Wish
from deployer.withdraw import withdraw
from release_format import questions
from release_format.program import NO, USAGE, YES, Parser, run_program, say
from release_format.release import KIND
from release_format.store import Store

PROGRAM = "python -m deployer"
JUDGED = Path("catalogue/judgments.jsonl")


def main(arguments: Sequence[str]) -> int:
    """Run one verb."""
    given = _parser().parse_args(arguments)
    environment = read_hosts(given.hosts, given.environment)
    return int(given.run(given, environment))


@contextlib.contextmanager
def _fleet(given: argparse.Namespace, environment: Environment, user: str = "") -> Iterator[Fleet]:
    if getattr(given, "rehearse", False):
        fleet = rehearse(environment, print, user=user)
    else:
        fleet = reach(environment, user=user)
    with contextlib.closing(fleet):
        yield fleet


def _rollout(given: argparse.Namespace, environment: Environment) -> int:
    store = Store.at(given.store)
    release = store.path(KIND, given.release)
    wish = Wish(
        release,
        image.resolve(given.image),
        _questions(given.questions, environment.shadow),
        given.canary,
        given.hotfix,
    )
    with _fleet(given, environment) as fleet:
        certificate = Rollout(fleet, store, wish).go()
    print(certificate or store.resolve(KIND, given.release))
    return YES


def _rollback(given: argparse.Namespace, environment: Environment) -> int:
    with _fleet(given, environment) as fleet:
        print(Rollback(fleet, Store.at(given.store)).go())
    return YES


def _status(given: argparse.Namespace, environment: Environment) -> int:
    channel = Store.at(given.store).channel(environment.name)
    with _fleet(given, environment) as fleet:
        states = fleet.states()
    if given.json:
        print(json.dumps(status.as_record(environment.name, states, channel), indent=1))
    else:
        print("\n".join(status.as_lines(environment.name, states, channel)))
    return YES if status.is_well(states) else NO


def _prepare(given: argparse.Namespace, environment: Environment) -> int:
    key = given.public_key.read_text(encoding="utf-8").strip() if given.public_key else ""
    if given.script:
        print(script(Commands(environment, environment.hosts[0]), public_key=key), end="")
        return YES
    if given.pin:
        path = Path(environment.known_hosts or "~/.ssh/known_hosts").expanduser()
        for name, fingerprint in pin(environment, path):
            say(f"{name}: pinned {fingerprint}; compare it with what its console shows.")
    with _fleet(given, environment, environment.prepare_user) as fleet:
        prepare(fleet, public_key=key)
    return YES


def _prune(given: argparse.Namespace, environment: Environment) -> int:
    with _fleet(given, environment) as fleet:
        gone = prune(fleet)
    if given.json:
        print(json.dumps(gone, indent=1))
    return YES


def _freeze(given: argparse.Namespace, environment: Environment) -> int:
    if not given.off and not given.why:
        raise RolloutError("say why, so that others know: --why TEXT (or --off to allow rollouts again).", USAGE)
    with _fleet(given, environment) as fleet:
        fleet.each(lambda s: s.ask(s.commands.thaw() if given.off else s.commands.freeze(whoami(), given.why)))
    say(f"{environment.name}: rollouts are {'allowed again' if given.off else 'frozen; rollbacks are not'}.")
    return YES


def _unhold(given: argparse.Namespace, environment: Environment) -> int:
    store = Store.at(given.store)
    held = store.channel(environment.name)
    found = [id for id in (held.hold if held else ()) if id.startswith(given.release)]
    if len(found) != 1:
        known = ", ".join(id[:12] for id in (held.hold if held else ())) or "none"
        raise RolloutError(f"{given.release!r} names no held release of {environment.name} (held: {known}).", USAGE)
    store.hold(environment.name, found[0], held=False)
    print(found[0])
    return YES


def _withdraw(given: argparse.Namespace, environment: Environment) -> int:
    with _fleet(given, environment) as fleet:
        withdraw(fleet, given.ids)
    return YES


def _questions(path: Path | None, most: int) -> list[str]:
    if path is None:
        if not JUDGED.exists():
            return []
        path = JUDGED
    try:
        asked = list(dict.fromkeys(logged.question for logged in questions.read(path) if logged.question.strip()))
    except OSError as error:
        raise RolloutError(f"{path} cannot be read ({error.strerror}). Give another file.", USAGE) from error
    return asked[-most:]


def _percent(text: str) -> int:
    number = text.removesuffix("%").strip()
    if not number.isdigit() or not 1 <= int(number) <= 50:
        raise argparse.ArgumentTypeError(f"{text!r} is no share: give 1% to 50%")
    return int(number)


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run: object, help: str, example: str) -> Parser:
        one: Parser = verbs.add_parser(name, help=help, description=help, example=f"{PROGRAM} {name} {example}")
        one.add_argument("--environment", required=True, help="a name in hosts.toml")
        one.add_argument("--hosts", type=Path, default=DEFAULT, help="the machines (default: deployer/hosts.toml)")
        one.add_argument("--store", help="where releases and records are kept")
        one.set_defaults(run=run)
        return one

    rollout = verb(
        "rollout", _rollout, "make a release, served by an image, live", "1f0c2a --image sha256:… --environment stage"
    )
    rollout.add_argument("release", help="an id, a path, or a channel's name")
    rollout.add_argument("--image", required=True, help="sha256:… of an image here, or registry/name@sha256:…")
    rollout.add_argument(
        "--canary", type=_percent, default=0, help="first send this share of visitors there, like 5%%"
    )
    rollout.add_argument("--hotfix", action="store_true", help="another image for the release that is live: needs no certificate of an earlier environment")  # fmt: skip  # noqa: E501
    rollout.add_argument("--questions", type=Path, help="logged questions to ask both colours (default: the judged)")
    rollout.add_argument("--rehearse", action="store_true", help="print every command, change nothing")
    rollback = verb(
        "rollback", _rollback, "one switch back to what was live before, and hold what is left", "--environment stage"
    )
    rollback.add_argument("--rehearse", action="store_true", help="print every command, change nothing")
    shown = verb("status", _status, "what is live where, and whether it is well", "--environment stage")
    shown.add_argument("--json", action="store_true", help="for machines")
    prepared = verb("prepare", _prepare, "make stock machines ready, again without harm", "--environment stage --pin")
    prepared.add_argument("--pin", action="store_true", help="write the hosts' keys to known_hosts first, on purpose")
    prepared.add_argument("--public-key", type=Path, help="a key that rollouts may come with")
    prepared.add_argument("--script", action="store_true", help="print it as a shell script (EC2 user-data)")
    prepared.add_argument("--rehearse", action="store_true", help="print every command, change nothing")
    pruned = verb("prune", _prune, "free what no slot uses and no policy keeps", "--environment stage")
    pruned.add_argument("--rehearse", action="store_true", help="print every command, change nothing")
    pruned.add_argument("--json", action="store_true", help="for machines")
    freeze = verb(
        "freeze", _freeze, "forbid rollouts (not rollbacks) until --off", '--environment prod --why "audit"'
    )
    freeze.add_argument("--why", default="", help="what others are told")
    freeze.add_argument("--off", action="store_true", help="allow rollouts again")
    unhold = verb("unhold", _unhold, "free a release that a rollback held", "1f0c2a --environment stage")
    unhold.add_argument("release", help="the id that is held, or its beginning")
    taken = verb(
        "withdraw",
        _withdraw,
        "take items out of the live answers at once, and keep them out",
        "id7 --environment prod",
    )
    taken.add_argument("ids", nargs="+", metavar="ID", help="the items' ids")
    return parser


if __name__ == "__main__":
    sys.exit(run_program("deployer", main))
