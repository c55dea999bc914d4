"""Host programs: run one verb for the deployer, and print its answer as one JSON record."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from . import containers, facts, files, guard, haproxy, lock, prober, settings, switch, withdrawn
from .haproxy import Route
from .layout import HostError, Layout, is_full, note, parse_json, write_text
from .options import HostOptions, read_options

Act = Callable[[Layout, HostOptions], Any]

NO = 1

# What only takes long gives way to the slots, which answer the public meanwhile.
PATIENT = ("missing", "reserve", "receive", "accept", "lay-out", "load-image", "prune", "ask")
FREE_SPACE = "Run prune, or free some space on this host; then run this again."


def main() -> int:
    """Run one verb; errors are one sentence, with a promised exit code."""
    options = read_options(sys.argv[1:], VERBS)
    if options.verb in PATIENT:
        os.nice(5)
    try:
        answer = VERBS[options.verb](Layout(options.root), options)
    except HostError as error:
        if error.exit_code == NO:
            # Much else ends with 1, Python itself too: a no is one only if it is written down.
            print(json.dumps({"no": str(error)}))
            return NO
        print(error, file=sys.stderr)
        return error.exit_code
    except Exception as error:
        if is_full(error):
            print(f"the disk is full ({error}). {FREE_SPACE}", file=sys.stderr)
            return 3
        print(f"{type(error).__name__}: {error}. Look at this host.", file=sys.stderr)
        return 3
    if isinstance(answer, int):
        return answer
    print(json.dumps(answer if answer is not None else {}))
    return 0


def _read_stdin() -> Any:
    return parse_json(sys.stdin.read() or "null")


def _hold(layout: Layout, options: HostOptions) -> int:
    return lock.hold(
        layout, options.holder, options.purpose, options.silence, even_frozen=options.even_frozen
    )


def _switch(layout: Layout, options: HostOptions) -> Any:
    live = haproxy.route_in_file(layout).live
    if options.canary:
        target = Route(live, canary=True, share=options.share)
    else:
        target = Route(options.colour, standby=options.standby)
    return switch.switch(
        layout, target, options.colour, options.fence, options.within, options.sent
    )


def _confirm(layout: Layout, options: HostOptions) -> Any:
    return switch.confirm(layout, options.fence, options.sent["pair"], options.sent["left"])


def _revert(layout: Layout, options: HostOptions) -> Any:
    turned_back = switch.turn_back(layout, options.colour, options.why, options.fence)
    return {"turned_back": turned_back}


def _fenced(act: Act) -> Act:
    """Only for who holds the lock."""

    def checked(layout: Layout, options: HostOptions) -> Any:
        lock.check_fence(layout, options.fence)
        return act(layout, options)

    return checked


def _routing(act: Act) -> Act:
    """The same for what touches the route: nobody can take the lock between check and act."""

    def alone(layout: Layout, options: HostOptions) -> Any:
        # Read first: a deployer that stalls must not keep the guard from turning back.
        options = replace(options, sent=_read_stdin())
        with lock.alone(layout, options.fence):
            return act(layout, options)

    return alone


def _alone(layout: Layout, options: HostOptions) -> Callable[[], AbstractContextManager[None]]:
    return partial(lock.alone, layout, options.fence)


def _withdraw(layout: Layout, _: HostOptions) -> Any:
    new = _read_stdin()
    with switch.route_locked(layout):
        return {"withdrawn": withdrawn.add(layout, new)}


def _lay_out(layout: Layout, options: HostOptions) -> Any:
    laid_out = files.lay_out(layout, options.id, sys.stdin.read(), _alone(layout, options))
    return {"release": laid_out}


def _keep_settings(layout: Layout, options: HostOptions) -> Any:
    sent = _read_stdin()
    return settings.keep(layout, options.id, sent["settings"], sent["keep"])


def _prune(layout: Layout, options: HostOptions) -> Any:
    keep = _read_stdin()
    settings.forget(layout, keep.get("settings", []))
    objects = containers.objects_of_images(layout, keep["images"])
    return files.prune(layout, keep["releases"], objects, _alone(layout, options))


def _make(layout: Layout, _: HostOptions) -> Any:
    layout.make()
    if not layout.map.exists():
        write_text(layout.map, Route("blue").text())
    return {}


def _config(layout: Layout, _: HostOptions) -> Any:
    path, text = layout.config, sys.stdin.read()
    changed = not path.exists() or path.read_text() != text
    if changed:
        write_text(path, text)
    return {"changed": changed}


VERBS: dict[str, Act] = {
    "make": _make,
    "config": _config,
    "facts": lambda layout, options: facts.facts(layout, options.site, options.image),
    "lock": _hold,
    "freeze": lambda layout, options: lock.freeze(layout, options.by, options.why),
    "thaw": lambda layout, _: lock.thaw(layout),
    "missing": lambda layout, _: files.missing(layout, _read_stdin()),
    "reserve": _fenced(lambda layout, _: files.reserve(layout, _read_stdin())),
    "receive": _fenced(lambda layout, _: {"bytes": files.receive(layout, sys.stdin.buffer)}),
    "accept": _fenced(
        lambda layout, options: files.accept(layout, _read_stdin(), _alone(layout, options))
    ),
    "lay-out": _fenced(_lay_out),
    "load-image": _fenced(
        lambda layout, options: containers.load_image(layout, options.image, _read_stdin())
    ),
    "settings-difference": lambda layout, options: settings.difference(
        layout, options.id, _read_stdin()
    ),
    "keep-settings": _fenced(_keep_settings),
    "examine": lambda layout, _: prober.examine(layout, _read_stdin()),
    "ask": lambda *_: prober.ask_all(_read_stdin()),
    "engine": _fenced(lambda _, options: containers.engine(options.words, options.patience)),
    "stand-by": _routing(lambda layout, options: switch.stand_by(layout, options.standby)),
    "drained": lambda layout, options: {
        "drained": haproxy.wait_until_quiet(layout, options.colour, options.patience)
    },
    "probes": lambda layout, options: files.probes(layout, options.id),
    "switch": _routing(_switch),
    "guard": lambda layout, options: guard.watch(layout, options.token),
    "guard-says": lambda layout, options: guard.await_answer(layout, options.patience),
    "confirm": _routing(_confirm),
    "revert": _routing(_revert),
    "recover": lambda layout, options: {"turned_back": switch.recover(layout, options.fence)},
    "note": lambda layout, options: note(layout, options.why, **_read_stdin()),
    "withdraw": _withdraw,
    "still-shown": lambda _, options: prober.still_shown(options.port, _read_stdin()),
    "certificate": lambda layout, options: haproxy.take_certificate(layout, Path(options.id)),
    "prune": _fenced(_prune),
    "forget-images": _fenced(
        lambda _, options: {"images": containers.forget_images(options.site, _read_stdin())}
    ),
}

if __name__ == "__main__":
    sys.exit(main())
