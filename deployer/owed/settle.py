"""Owed acts, done by the hosts that answer: whoever comes to them next has them do it first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from deployer.owed.host_act import HostAct, do
from deployer.owed.record import OwedAct, OwedActs
from deployer.transport.connection import cause
from release_format.progress import say

NEXT = (
    "`status` tells what is owed; the next rollout, rollback, freeze, withdraw or prune that"
    " reaches the host has it done first."
)


@dataclass(frozen=True)
class Settlement:
    """What became of the acts that were owed.

    `undone` are the hosts that still owe what was wanted, each with a sentence. `unwritten` says
    why the store could not take down what is owed, "" where it did.
    """

    results: Sequence[HostAct] = ()
    undone: Mapping[str, str] = field(default_factory=dict)
    unwritten: str = ""

    def done(self, acts: Sequence[OwedAct]) -> list[HostAct]:
        """The results of those of these acts that took effect."""
        return [result for result in self.results if result.act in acts and not result.why]

    def check_done(self) -> None:
        """Check that no host has anything left to do.

        Raises:
            RolloutError: one has; it names it, and says what comes of that.
        """
        if not self.undone:
            return
        sentences = " ".join(self.undone.values())
        owed = f"It is owed there: {NEXT}"
        if self.unwritten:
            owed = (
                f"The store does not keep that it is owed ({self.unwritten}): type it again once"
                " that is mended."
            )
        raise RolloutError(f"not done on {', '.join(self.undone)}: {sentences} {owed}")


def order(fleet: Fleet, owed: OwedActs, acts: Sequence[OwedAct]) -> Settlement:
    """Write down what hosts shall do, and have those that answer do it, and what they owed before.

    A store that cannot be written keeps no item in the answers: it is said, where it matters.
    """
    unwritten = ""
    try:
        owed.add(acts)
        kept = owed.read()
        # Another deployer may have had it done already; what it wanted after that comes last.
        wanted = [act for act in acts if act not in kept] + kept
    except Exception as error:
        wanted, unwritten = list(acts), cause(error)
    return _settle(fleet, owed, wanted, acts, unwritten)


def settle(fleet: Fleet, owed: OwedActs) -> Settlement:
    """Have the hosts that answer do what they owe.

    Raises:
        RolloutError: what they owe cannot be read.
    """
    return _settle(fleet, owed, owed.read(), (), "")


def settle_before_rollout(fleet: Fleet, owed: OwedActs) -> None:
    """The same, before anything is rolled out: nothing is where a host does not do what it owes.

    Where it did, and only the effect cannot be told, the rollout may be what mends it.

    Raises:
        RolloutError: a host does not.
    """
    settled = settle(fleet, owed)
    stuck = {result.act.host: result.why for result in settled.results if not result.made}
    Settlement(undone=stuck).check_done()


def settle_and_go_on(fleet: Fleet, owed: OwedActs) -> None:
    """The same, where what a host still owes must not stop what is to be done."""
    try:
        settle(fleet, owed)
    except Exception as error:
        say(f"what hosts owe was not done ({cause(error)}). Look at the status.")


def _settle(
    fleet: Fleet,
    owed: OwedActs,
    wanted: Sequence[OwedAct],
    new: Sequence[OwedAct],
    unwritten: str,
) -> Settlement:
    results = _do_all(fleet, wanted)
    done = [result.act for result in results if not result.why]
    if not fleet.rehearsing:
        _say_of_earlier([result for result in results if result.act not in new])
        if done and not unwritten:
            _forget(owed, done)
    undone = {r.act.host: r.why for r in results if r.why and r.act in new}
    return Settlement(results, {**fleet.unreachable, **undone} if new else {}, unwritten)


def _say_of_earlier(results: Sequence[HostAct]) -> None:
    """Tell what became of what was owed before."""
    for result in results:
        if result.why:
            say(f"{result.why} {result.act.host} still owes: {result.act.sentence()}.")
        else:
            say(f"{result.act.host}: done, as it was owed: {result.act.sentence()}")


def _do_all(fleet: Fleet, wanted: Sequence[OwedAct]) -> list[HostAct]:
    """Every host does what it owes, one after the other; what fails does not stop the next."""

    def do_those_of(session: HostSession) -> list[HostAct]:
        return [_tried(fleet, session, act) for act in wanted if act.host == session.name]

    debtors = fleet.only({act.host for act in wanted})
    return [result for results in debtors.each(do_those_of).values() for result in results]


def _tried(fleet: Fleet, session: HostSession, act: OwedAct) -> HostAct:
    try:
        return do(session, act, rehearsing=fleet.rehearsing)
    except Exception as error:
        return HostAct(act, why=cause(error), made=False)


def _forget(owed: OwedActs, done: Sequence[OwedAct]) -> None:
    try:
        owed.remove(done)
    except Exception as error:
        # It is done once more at the next contact, which changes nothing.
        say(f"what was done stays written down as owed ({cause(error)}).")
