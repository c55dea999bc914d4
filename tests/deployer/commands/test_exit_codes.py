"""Every verb ends with each exit code that it can give, and says what to do."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deployer.__main__ import PROGRAM
from release_format.cli import run_program
from release_format.store.folder import Folder
from release_format.verdict import Outcome
from tests.deployer.facts import IMAGE, ONE, TWO, container, facts, rehearsed
from tests.hosts.sealed import compared, sealed

ROOT = Path(__file__).parents[3]
# Each is about hosts but the push of an image, which goes to a registry (tests/deployer/registry).
HOST_VERBS = [verb for verb in PROGRAM.verbs if verb != "push"]
Typed = Callable[..., tuple[int, str]]
NOTHING_LIVE: dict[str, object] = {"containers": {}, "slots": {}}
LEFT = {**facts()["slots"], "left": {"release": TWO.release, "image": TWO.image, "colour": "green"}}
WARM = {
    "slots": LEFT,
    "containers": {"blue": container(ONE), "green": container(TWO)},
    "releases": [ONE.release, TWO.release],
}


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "store")


@pytest.fixture
def typed(tmp_path: Path, store: Folder, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a verb about an environment of one host, at whose port nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    hosts = tmp_path / "hosts.toml"
    hosts.write_text(
        f'[stage]\n[[stage.hosts]]\nname = "h"\naddress = "127.0.0.1"\nport = {port}\n'
    )

    def run(*words: str, environment: str = "stage") -> tuple[int, str]:
        place = ("--environment", environment, "--hosts", str(hosts), "--store", str(store.root))
        code = run_program("deployer", PROGRAM.main, [*words, *place])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def words_of(verb: str, store: Folder) -> list[str]:
    """A verb with what it cannot be typed without."""
    more = {
        "freeze": ["--why", "audit"],
        "withdraw": ["id7"],
        "unhold": [ONE.release[:12]],
        "rollout": [sealed(store, "one"), "--image", IMAGE],
    }
    return [verb, *more.get(verb, [])]


def on_a_host(monkeypatch: pytest.MonkeyPatch, **differs: object) -> None:
    """Let the environment's host be one with these facts."""
    monkeypatch.setattr("deployer.fleet.reach", lambda *_, **__: rehearsed(facts(**differs))[0])


@pytest.mark.parametrize("verb", HOST_VERBS)
def test_yes(verb: str, typed: Typed, store: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    store.switch_channel("stage", release=TWO.release, image=IMAGE, hold=[ONE.release])
    on_a_host(monkeypatch, **(WARM if verb in ("status", "rollback") else NOTHING_LIVE))
    code, told = typed(*words_of(verb, store))
    assert code == 0, told


def test_no_is_said_by_gate_policy_and_health(
    typed: Typed, store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_host(monkeypatch, **NOTHING_LIVE)
    code, told = typed("status")
    assert (code, "nothing live" in told or "NOT WELL" in told) == (1, True)
    on_a_host(monkeypatch, **WARM)
    candidate = sealed(store, "one")
    compared(store, candidate, ONE.release, Outcome.NO)
    code, told = typed("rollout", candidate, "--image", IMAGE)
    assert (code, "Build a better release, or accept it there." in told) == (1, True), told
    store.switch_channel("stage", release=ONE.release, image=IMAGE, hold=[TWO.release])
    code, told = typed("rollback")
    assert (code, "Roll out another, or unhold it." in told) == (1, True), told


@pytest.mark.parametrize("verb", HOST_VERBS)
def test_an_environment_that_nobody_named_is_wrong_usage(
    verb: str, typed: Typed, store: Folder
) -> None:
    code, told = typed(*words_of(verb, store), environment="moon")
    assert (code, "knows no environment 'moon'. Known: stage. Choose one" in told) == (2, True)


def test_a_release_that_is_not_held_is_wrong_usage(typed: Typed, store: Folder) -> None:
    store.switch_channel("stage", release=TWO.release, image=IMAGE)
    code, told = typed("unhold", "abc")
    assert (code, "(held: none). Look at its status." in told) == (2, True), told


@pytest.mark.parametrize("verb", [verb for verb in HOST_VERBS if verb != "unhold"])
def test_a_host_that_does_not_answer_is_could_not_tell(
    verb: str, typed: Typed, store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployer.transport.connection.TRIES", 1)
    code, told = typed(*words_of(verb, store))
    assert (code, "Start it, or take it out of hosts.toml." in told) == (3, True), told


def test_a_channel_that_cannot_be_read_is_could_not_tell(typed: Typed, store: Folder) -> None:
    (channel := store.root / "channels/stage").mkdir(parents=True)
    (channel / "00000001.json").write_text("{")
    code, told = typed("unhold", "abc")
    assert (code, "Restore it from a copy." in told) == (3, True), told


def test_a_host_whose_key_cannot_be_fetched_is_could_not_tell(typed: Typed) -> None:
    code, told = typed("prepare", "--pin")
    assert (code, "pinning: " in told, "Start it." in told) == (3, True, True), told


def test_the_program_itself_ends_with_the_exit_code_and_tells_where_help_is() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deployer", "roll"], cwd=ROOT, capture_output=True, text=True
    )
    assert (ended.returncode, "python -m deployer --help" in ended.stderr) == (2, True)
