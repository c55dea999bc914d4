"""Verbs that need no host, and what a wrong command line is told."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from deployer.__main__ import PROGRAM, main
from deployer.commands import rollout
from deployer.errors import RolloutError
from release_format.store.folder import Folder

HELD = ["a" * 64, "ab" + "c" * 62]


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    """An environment and a store in which two releases are held."""
    hosts = tmp_path / "hosts.toml"
    hosts.write_text('[stage]\n[[stage.hosts]]\nname = "h"\naddress = "192.0.2.1"\n')
    store = Folder(tmp_path / "store")
    store.switch_channel("stage", release="9" * 64, image="sha256:1", hold=HELD)
    return ["--environment", "stage", "--hosts", str(hosts), "--store", str(store.root)]


def held(place: list[str]) -> list[str]:
    channel = Folder(Path(place[-1])).channel("stage")
    assert channel is not None
    return list(channel.hold)


def test_a_held_release_is_freed_by_the_beginning_of_its_id(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["unhold", "abc", *place]) == 0
    assert capsys.readouterr().out == f"{HELD[1]}\n"
    assert held(place) == HELD[:1]


@pytest.mark.parametrize("release", ["a", "b", "9999"])
def test_what_names_no_single_held_release_frees_none(place: list[str], release: str) -> None:
    with pytest.raises(RolloutError, match="held: aaaaaaaaaaaa, abcccccccccc") as caught:
        main(["unhold", release, *place])
    assert caught.value.exit_code == 2
    assert held(place) == HELD


def test_a_freeze_needs_a_reason(place: list[str]) -> None:
    with pytest.raises(RolloutError, match="--why TEXT") as caught:
        main(["freeze", *place])
    assert caught.value.exit_code == 2


def test_prepare_prints_a_script_without_reaching_a_host(
    place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key.pub").write_text("ssh-ed25519 AAAA me\n")
    assert main(["prepare", "--script", "--public-key", str(tmp_path / "key.pub"), *place]) == 0
    assert "ssh-ed25519 AAAA me" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.pub", "there is no .*none.pub. Give a public key"),
        (".", "cannot be read .Is a directory"),
        ("key.der", "cannot be read .it is no text"),
    ],
)
def test_a_public_key_that_is_not_there_is_wrong_usage(
    place: list[str], tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "key.der").write_bytes(b"\x30\x82\xff")
    with pytest.raises(RolloutError, match=why) as caught:
        main(["prepare", "--script", "--public-key", str(tmp_path / name), *place])
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("share", ["0", "51%", "half", "-5"])
def test_a_canary_is_a_small_share(
    place: list[str], share: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["rollout", "1f0c2a", "--image", "sha256:1", f"--canary={share}", *place])
    assert ended.value.code == 2
    assert "give 1% to 50%" in capsys.readouterr().err


@pytest.mark.parametrize("time", ["", "30", "m", "-1m", "1.5h", "2d", "٣m", "soon"])
def test_a_wait_is_a_time(place: list[str], time: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["rollout", "1f0c2a", "--image", "sha256:1", f"--wait={time}", *place])
    assert ended.value.code == 2
    assert "give 90s, 30m or 2h" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "seconds"),
    [([], 1800), (["--wait", "0"], 0), (["--wait", "90s"], 90), (["--wait", "2h"], 7200)],
)
def test_a_rollout_waits_half_an_hour_unless_told_otherwise(
    words: list[str], seconds: float
) -> None:
    parser = argparse.ArgumentParser()
    rollout.add_arguments(parser)
    line = ["1f0c2a", "--image", "sha256:1", "--environment", "stage", *words]
    assert parser.parse_args(line).wait == seconds


def test_the_last_logged_questions_are_asked_once(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('old\nred fox\n{"question": "blue whale"}\n\nred fox\nlamp\n')
    assert rollout._read_questions(log, 3) == ["red fox", "blue whale", "lamp"]
    assert rollout._read_questions(log, 0) == []
    with pytest.raises(RolloutError, match="Give another file"):
        rollout._read_questions(tmp_path / "none", 3)


@pytest.mark.parametrize("verb", PROGRAM.verbs)
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert f"python -m deployer {verb} " in capsys.readouterr().out
