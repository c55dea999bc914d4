"""Rehearsals on real hosts over a real sshd: they read, say what they are, and leave nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.__main__ import PROGRAM
from deployer.host_bundle import host_programs
from release_format.cli import run_program
from release_format.store.folder import Folder
from tests.deployer.facts import IMAGE
from tests.deployer.sshd import hosts_on_loopback
from tests.hosts.sealed import sealed

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with hosts_on_loopback(tmp_path_factory.mktemp("hosts"), "bare", "old") as path:
        prepare_with_other_programs(path.parent / "old")
        yield path


def prepare_with_other_programs(root: Path) -> None:
    """A host that another deployer prepared."""
    (program := root / "programs/0123456789abcdef.pyz").parent.mkdir(parents=True)
    program.write_bytes(host_programs().content)
    for verb, stdin in (("make", b""), ("config", b"another router's")):
        subprocess.run([sys.executable, str(program), str(root), verb], input=stdin, check=True)


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def deploy(
    hosts: Path, capsys: pytest.CaptureFixture[str], *words: str, store: Path
) -> tuple[int, list[str]]:
    place = ("--environment", "stage", "--hosts", str(hosts), "--store", str(store))
    code = run_program("deployer", PROGRAM.main, [*words, *place, "--rehearse"])
    told = capsys.readouterr()
    return code, [*told.out.splitlines(), *told.err.splitlines()]


@pytest.mark.parametrize(
    "verb",
    [
        "prune",
        "prepare",
        *(pytest.param(v, marks=pytest.mark.proof) for v in ("rollback", "rollout")),
    ],
)
def test_a_rehearsal_reads_hosts_without_this_deployers_programs_and_leaves_nothing(
    hosts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    store = Folder(tmp_path)
    more = {"rollout": [sealed(store, "one"), "--image", IMAGE]}.get(verb, [])
    before = everything(hosts.parent)
    code, lines = deploy(hosts, capsys, verb, *more, store=tmp_path)
    assert everything(hosts.parent) == before
    assert [line for line in lines if "rehearsal: " not in line] == []
    assert lines.count("rehearsal: nothing was changed.") == 1, lines
    assert lines[-1] == "rehearsal: nothing was changed." or verb == "prepare"
    for host in ("bare", "old"):
        installed = [line for line in lines if host_programs().name in line and f"{host}$" in line]
        assert any(" sh -euc " in line for line in installed), lines
    if verb == "prepare":
        assert code == 0, lines
    else:
        told = {
            "prune": "bare: not prepared",
            "rollback": "nothing was live before",
            "rollout": "bare: not prepared",
        }[verb]
        assert code == 3
        assert any(told in line or "Docker" in line for line in lines), lines


def test_a_rehearsal_fits_a_terminal_of_80_columns(
    hosts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that is wider, as the digest in a path, stands alone in its line."""
    for name, value in (("COLUMNS", "80"), ("TERM", "dumb"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    for verb in ("prepare", "prune"):
        _, lines = deploy(hosts, capsys, verb, store=tmp_path)
        assert [line for line in lines if "rehearsal: " not in line] == []
        wide = [line for line in lines if len(line) > 80]
        assert [line for line in wide if len(line.partition("rehearsal: ")[2].split()) > 1] == []
        assert not any("\x1b" in line for line in lines)
