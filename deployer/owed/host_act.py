"""One owed act on one host, and whether it can be told that it took effect."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deployer.errors import RolloutError
from deployer.fleet import HostSession
from deployer.owed.record import FREEZE, THAW, OwedAct

PATIENCE = 10.0


@dataclass(frozen=True)
class HostAct:
    """What became of an act on its host.

    `why` says what is missing, "" where it took effect. `made`: the host did as it was told,
    whether or not the effect can be seen. `gone` are the withdrawn ids that a release there has.
    `seen` is false where nothing is live.
    """

    act: OwedAct
    why: str = ""
    made: bool = True
    gone: frozenset[str] = frozenset()
    seen: bool = True


def do(session: HostSession, act: OwedAct, *, rehearsing: bool = False) -> HostAct:
    """Have a host do what it owes; nothing counts as done but what the host itself tells.

    Raises:
        RolloutError: it does not.
    """
    if act.act == FREEZE:
        session.ask(session.commands.freeze(act.by, act.why))
        return HostAct(act)
    if act.act == THAW:
        session.ask(session.commands.thaw())
        return HostAct(act)
    session.ask(session.commands.withdraw(act.ids))
    try:
        if session.state().shows_nothing:
            return HostAct(act, seen=False)
        if rehearsing:
            return HostAct(act)
        return HostAct(act, gone=frozenset(_gone(session, act.ids)))
    except RolloutError as error:
        return HostAct(act, why=str(error))


def _gone(session: HostSession, ids: Sequence[str]) -> set[str]:
    """Those of these items that are gone; the live release has none of the others' names."""
    deadline, gone, open_ids = time.monotonic() + PATIENCE, set[str](), list(ids)
    while True:
        answers = session.ask(session.commands.still_shown(open_ids))
        told = {id: _answer(answers, id) for id in open_ids}
        gone |= {id for id in open_ids if told[id]["answer"] == "gone"}
        open_ids = [id for id in open_ids if told[id]["answer"] not in ("gone", "unknown")]
        if not open_ids:
            return gone
        if time.monotonic() > deadline:
            raise _unfinished(session.name, {id: told[id] for id in open_ids})
        time.sleep(0.2)


def _answer(answers: Any, id: str) -> dict[str, str]:
    """What a host says of an item; whatever is no answer is none."""
    answer = answers.get(id) if isinstance(answers, dict) else None
    if isinstance(answer, dict) and answer.get("answer") in ("shown", "gone", "unknown", "none"):
        return answer
    return {"answer": "none", "why": "the host's answer does not name it"}


def _unfinished(host: str, answers: dict[str, dict[str, str]]) -> RolloutError:
    shown = [id for id, answer in answers.items() if answer["answer"] == "shown"]
    if shown:
        return RolloutError(f"{host}: {shown[0]} is still shown by the live slot. Look at its log.")
    id, answer = next(iter(answers.items()))
    return RolloutError(
        f"{host}: could not tell whether {id} is still shown: the live slot does not say"
        f" ({answer.get('why')}). It is on the list; look at the slot."
    )
