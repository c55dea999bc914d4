"""How long a host's lock is waited for, and what is told meanwhile, by a clock of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from deployer.errors import RolloutError
from deployer.lock_wait import LockWait, sentence

ADA = {"holder": "ada@desk", "purpose": "rollout of 1f0c", "since": "2026-03-01T10:00:00Z"}
BOB = {"holder": "bob@desk", "purpose": "prune", "since": "2026-03-01T10:09:00Z"}


@dataclass
class Clock:
    moment: float = 100.0

    def __call__(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.moment += seconds


def test_nobody_waits_unless_asked_to() -> None:
    clock = Clock()
    with pytest.raises(RolloutError) as caught:
        LockWait(0, clock, clock.sleep).pause("one", ADA)
    assert clock.moment == 100
    assert caught.value.exit_code == 3
    text = str(caught.value)
    assert "one: locked since 2026-03-01T10:00:00Z by ada@desk for rollout of 1f0c. Look" in text
    assert "Waited" not in text


def test_it_waits_as_long_as_it_may_and_then_names_who_holds_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock, tries = Clock(), 0
    wait = LockWait(301, clock, clock.sleep)
    with pytest.raises(
        RolloutError, match=r"^two: locked since .* by bob@desk for prune\. Waited 5"
    ):
        while True:
            wait.pause("two", ADA if clock.moment < 190 else BOB)
            tries += 1
    assert clock.moment == 401, "the lock is asked for a last time when time is up"
    assert tries == 301
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == (
        "two: locked since 2026-03-01T10:00:00Z by ada@desk for rollout of 1f0c. Waiting, 5 min"
        " more at the most."
    )
    assert ["ada" in line for line in lines] == [True, True, False, False, False, False], (
        "once a minute, and at once when another holds it"
    )
    assert lines[-1].endswith("Waiting, 31 s more at the most.")


def test_one_patience_is_shared_by_all_hosts() -> None:
    clock = Clock()
    wait = LockWait(2, clock, clock.sleep)
    wait.pause("one", ADA)
    wait.pause("two", ADA)
    with pytest.raises(RolloutError, match=r"^two: .* Waited 2 s"):
        wait.pause("two", ADA)


def test_a_lock_that_was_taken_this_moment_names_nobody() -> None:
    assert sentence({}) == "locked by somebody who has not written down who"
