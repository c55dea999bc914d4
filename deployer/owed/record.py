"""Record of what hosts owe, kept in the store: written before anything is done, and amended after.

Each change is a record of its own, with the number after the last one, created once and never
replaced: of two deployers that change it at the same moment, one looks again and adds to what the
other wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

from deployer.errors import RolloutError
from release_format.store.base import Store
from release_format.untrusted_json import parse_json

KIND = "owed"
FREEZE, THAW, WITHDRAW = "freeze", "thaw", "withdraw"
MOST_TRIES = 100


@dataclass(frozen=True)
class OwedAct:
    """One act that one host owes: `freeze` (and why), `thaw`, or `withdraw` (of which ids).

    `by` wanted it, `since` when.
    """

    host: str
    act: str
    by: str
    since: str
    why: str = ""
    ids: tuple[str, ...] = ()

    def sentence(self) -> str:
        """What is owed, and to whom."""
        what = f"withdraw {', '.join(self.ids)}" if self.act == WITHDRAW else self.act
        why = f" ({self.why})" if self.why else ""
        return f"{what}{why}, since {self.since} by {self.by}"

    def replaces(self, earlier: OwedAct) -> bool:
        """Whether that earlier act need not be done any more once this one is."""
        if self.host != earlier.host or WITHDRAW in (self.act, earlier.act):
            is_same = (self.host, self.act) == (earlier.host, earlier.act)
            return is_same and set(earlier.ids) <= set(self.ids)
        return True


@dataclass(frozen=True)
class OwedActs:
    """What the hosts of an environment owe, as its store keeps it."""

    store: Store
    environment: str

    def read(self) -> list[OwedAct]:
        """All that is owed, in the order in which it was wanted.

        Raises:
            RolloutError: the record cannot be read.
        """
        return self._latest()[1]

    def add(self, acts: Sequence[OwedAct]) -> None:
        """Write down what is wanted; a thaw replaces a freeze that is still owed."""

        def added(owed: list[OwedAct]) -> list[OwedAct]:
            return [one for one in owed if not any(new.replaces(one) for new in acts)] + [*acts]

        self._change(added)

    def remove(self, done: Collection[OwedAct]) -> None:
        """Write down that these acts are owed no longer, whatever others were added meanwhile."""
        self._change(lambda owed: [one for one in owed if one not in done])

    def _change(self, change: Callable[[list[OwedAct]], list[OwedAct]]) -> None:
        for _ in range(MOST_TRIES):
            number, owed = self._latest()
            if (changed := change(owed)) == owed:
                return
            text = json.dumps([asdict(act) for act in changed], indent=1, ensure_ascii=False)
            if self.store.create_record(KIND, self._name(number + 1), text):
                return
        raise RolloutError(
            f"others change what the hosts of {self.environment} owe all the time. Run it again."
        )

    def _latest(self) -> tuple[int, list[OwedAct]]:
        number = max(_numbers(self.store.records(KIND), self.environment), default=0)
        if not number:
            return 0, []
        try:
            raw = parse_json(self.store.record(KIND, self._name(number)) or "")
            return number, [_act_of(one) for one in raw]
        except (ValueError, TypeError, LookupError) as error:
            raise RolloutError(
                f"records/{KIND}/{self._name(number)}.json in the store, what the hosts of"
                f" {self.environment} owe, cannot be read ({error}). Restore it from a copy."
            ) from error

    def _name(self, number: int) -> str:
        return f"{self.environment}.{number:08}"


def _numbers(names: Iterable[str], environment: str) -> list[int]:
    parts = [name.rpartition(".") for name in names]
    return [int(n) for name, _, n in parts if name == environment and n.isascii() and n.isdigit()]


def _act_of(raw: object) -> OwedAct:
    """An act as it was written down.

    Raises:
        ValueError: something in it is not what it should be.
        TypeError: it is no object, a field is missing, or is none of an act's.
    """
    if not isinstance(raw, dict):
        raise TypeError("an act in it is no object")
    act = OwedAct(**{**raw, "ids": tuple(raw.get("ids", ()))})
    texts = (act.host, act.by, act.since, act.why, *act.ids)
    if act.act not in (FREEZE, THAW, WITHDRAW) or not all(isinstance(text, str) for text in texts):
        raise ValueError("an act in it is none")
    return act
