"""Here is what the deployer asks of this host: do it, and answer in one JSON record."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from . import ask, facts, files, guard, lock, router, slots, switch
from .rooms import HostError, Rooms, note, write_text
from .router import Route

# What only takes long gives way to the slots, which answer the public meanwhile.
PATIENT = ("missing", "reserve", "receive", "accept", "lay-out", "load-image", "prune", "ask")


def main() -> int:
    """Run one verb; errors are one sentence on standard error, with a promised exit code."""
    own, words = _split(sys.argv[1:])
    given = _parser().parse_args(own, argparse.Namespace(words=words))
    if given.verb in PATIENT:
        os.nice(5)
    try:
        answer = VERBS[given.verb](Rooms(given.root), given)
    except HostError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except Exception as error:
        # Python would end with 1, which here means that a gate said no.
        print(f"{type(error).__name__}: {error}. Look at this host.", file=sys.stderr)
        return 3
    if isinstance(answer, int):
        return answer
    print(json.dumps(answer if answer is not None else {}))
    return 0


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before `--` is ours; what stands behind it is another program's."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="host")
    parser.add_argument("root", type=Path)
    parser.add_argument("verb", choices=sorted(VERBS))
    for name in ("--holder", "--purpose", "--token", "--image", "--why", "--site", "--id", "--by"):
        parser.add_argument(name, default="")
    for name in ("--fence", "--share", "--port"):
        parser.add_argument(name, type=int, default=0)
    for name in ("--silence", "--within", "--patience"):
        parser.add_argument(name, type=float, default=5.0)
    parser.add_argument("--colour", choices=("blue", "green"), default="blue")
    for name in ("--even-frozen", "--standby", "--canary"):
        parser.add_argument(name, action="store_true")
    return parser


def _given() -> Any:
    return json.loads(sys.stdin.read() or "null")


def _hold(rooms: Rooms, given: argparse.Namespace) -> int:
    return lock.hold(rooms, given.holder, given.purpose, given.silence, even_frozen=given.even_frozen)


def _switch(rooms: Rooms, given: argparse.Namespace) -> Any:
    live = router.route_in_file(rooms).live
    if given.canary:
        target = Route(live, canary=True, share=given.share)
    else:
        target = Route(given.colour, standby=given.standby)
    return switch.switch(rooms, target, given.colour, given.fence, given.within, given.sent)


def _confirm(rooms: Rooms, given: argparse.Namespace) -> Any:
    return switch.confirm(rooms, given.fence, given.sent["pair"], given.sent["left"])


def _revert(rooms: Rooms, given: argparse.Namespace) -> Any:
    return {"turned_back": switch.turn_back(rooms, given.colour, given.why)}


def _fenced(act: Any) -> Any:
    """Only for who holds the lock."""

    def checked(rooms: Rooms, given: argparse.Namespace) -> Any:
        lock.check_fence(rooms, given.fence)
        return act(rooms, given)

    return checked


def _acting(act: Any) -> Any:
    """The same for what touches the route: nobody can take the lock between the check and the act."""

    def alone(rooms: Rooms, given: argparse.Namespace) -> Any:
        # Read first: a deployer that stalls must not keep the guard from turning back.
        given.sent = _given()
        with switch.one_act(rooms):
            return _fenced(act)(rooms, given)

    return alone


def _withdraw(rooms: Rooms, _: argparse.Namespace) -> Any:
    wanted = _given()
    with switch.one_act(rooms):
        ids = sorted({*facts.withdrawn(rooms), *wanted})
        write_text(rooms.withdrawn, "".join(f"{id}\n" for id in ids))
    return {"withdrawn": ids}


def _prune(rooms: Rooms, _: argparse.Namespace) -> Any:
    wanted = _given()
    return files.prune(rooms, wanted["releases"], slots.objects_of_images(rooms, wanted["images"]))


def _make(rooms: Rooms, _: argparse.Namespace) -> Any:
    rooms.make()
    if not rooms.map.exists():
        write_text(rooms.map, Route("blue").text())
    return {}


def _config(rooms: Rooms, _: argparse.Namespace) -> Any:
    path, text = rooms.config, sys.stdin.read()
    changed = not path.exists() or path.read_text() != text
    if changed:
        write_text(path, text)
    return {"changed": changed}


VERBS: dict[str, Any] = {
    "make": _make,
    "config": _config,
    "facts": lambda rooms, given: facts.facts(rooms, given.site, given.image),
    "lock": _hold,
    "freeze": lambda rooms, given: lock.freeze(rooms, given.by, given.why),
    "thaw": lambda rooms, _: lock.thaw(rooms),
    "missing": lambda rooms, _: files.missing(rooms, _given()),
    "reserve": _fenced(lambda rooms, _: files.reserve(rooms, _given())),
    "receive": _fenced(lambda rooms, _: {"bytes": files.receive(rooms, sys.stdin.buffer)}),
    "accept": _fenced(lambda rooms, _: files.accept(rooms, _given())),
    "lay-out": _fenced(lambda rooms, given: {"release": files.lay_out(rooms, given.id, sys.stdin.read())}),
    "load-image": _fenced(lambda rooms, given: slots.load_image(rooms, given.image, _given())),
    "examine": lambda rooms, _: ask.examine(rooms, _given()),
    "ask": lambda *_: ask.many(_given()),
    "engine": _fenced(lambda _, given: slots.engine(given.words, given.patience)),
    "stand-by": _acting(lambda rooms, given: switch.stand_by(rooms, given.standby)),
    "drained": lambda rooms, given: {"drained": router.wait_until_quiet(rooms, given.colour, given.patience)},
    "probes": lambda rooms, given: files.probes(rooms, given.id),
    "switch": _acting(_switch),
    "guard": lambda rooms, given: guard.watch(rooms, given.token),
    "guard-says": lambda rooms, given: guard.told(rooms, given.patience),
    "confirm": _acting(_confirm),
    "revert": _acting(_revert),
    "recover": lambda rooms, given: {"turned_back": switch.recover(rooms, given.fence)},
    "note": lambda rooms, given: note(rooms, given.why, **_given()),
    "withdraw": _withdraw,
    "still-shown": lambda _, given: {"shown": ask.still_shown(given.port, _given())},
    "certificate": lambda rooms, given: router.take_certificate(rooms, Path(given.id)),
    "prune": _fenced(_prune),
    "forget-images": _fenced(lambda _, given: {"images": slots.forget_images(given.site, _given())}),
}

if __name__ == "__main__":
    sys.exit(main())
