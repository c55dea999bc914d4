"""Commands over SSH, however much they complain."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from deployer.command import Command
from deployer.errors import RolloutError
from deployer.fleet import HostSession
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.lock_wait import LockWait
from deployer.transport.connection import pin
from deployer.transport.machine import FileRange
from deployer.transport.remote import Remote
from tests.deployer.transport.ssh_server import ssh_server

# More than the window of an SSH channel, which both streams share.
COMPLAINTS = "import sys; sys.stderr.write('oh no\\n' * 600_000); sys.stderr.flush(); "


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment of one host, whose key is pinned."""
    folder = tmp_path_factory.mktemp("ssh")
    paramiko.ECDSAKey.generate().write_private_key_file(str(folder / "key"))
    with ssh_server() as port:
        environment = Environment(
            "stage",
            (Host("h", "127.0.0.1", port),),
            key=str(folder / "key"),
            known_hosts=str(folder / "known_hosts"),
        )
        assert [name for name, _ in pin(environment, folder / "known_hosts")] == ["h"]
        yield environment


@pytest.fixture
def remote(environment: Environment) -> Iterator[Remote]:
    with contextlib.closing(Remote(environment, environment.hosts[0])) as remote:
        yield remote


def python(code: str, stdin: bytes = b"") -> Command:
    return Command((sys.executable, "-c", code), stdin, timeout=10)


def test_a_command_that_complains_at_length_is_read_to_its_end(remote: Remote) -> None:
    code = COMPLAINTS + "print(len(sys.stdin.read()))"
    assert remote.run(python(code, b"x" * 3_000_000)) == "3000000\n"
    with pytest.raises(RolloutError, match="enough of it") as refused:
        remote.run(python(COMPLAINTS + "sys.exit('enough of it')"))
    assert refused.value.exit_code == 3


def test_files_arrive_and_a_lock_is_held_by_who_complains_at_length(
    remote: Remote, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3_000_000)
    taking = python(COMPLAINTS + "sys.stdin.buffer.read()")
    assert remote.send(taking, [FileRange("f", path, 0, 3_000_000)]) == 3_000_000
    with remote.hold(python(COMPLAINTS + "print('{}', flush=True); sys.stdin.read()")) as answer:
        assert answer == {}
    with (
        pytest.raises(RolloutError, match="it is frozen"),
        remote.hold(python(COMPLAINTS + "sys.exit('it is frozen')")),
    ):
        raise AssertionError


@pytest.mark.parametrize(
    "answer", ["the host is well", "[]", "", "[" * 100_000, '{"ms": NaN}', "{} {}"]
)
def test_an_answer_that_is_none_is_never_taken_for_an_empty_one(
    remote: Remote, answer: str
) -> None:
    with pytest.raises(RolloutError, match="its answer cannot be read") as unread:
        remote.ask(python("import sys; print(sys.stdin.read())", answer.encode()))
    assert unread.value.exit_code == 3


def test_a_program_that_a_host_lacks_is_told(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RolloutError, match=r"no python3 on it\. Run `make prepare`") as lacking:
        remote.ask(Command(("python3", "-IS", "x.pyz", "/srv/x", "facts")))
    assert lacking.value.exit_code == 3


def test_only_what_a_host_program_wrote_down_is_a_no(remote: Remote) -> None:
    """Python, sudo and login shells end with 1 too."""
    refusal = python("""print('{"no": "frozen by ada. Ask her."}'); raise SystemExit(1)""")
    with pytest.raises(RolloutError, match=r"frozen by ada\. Ask her\.$") as refused:
        remote.ask(refusal)
    assert refused.value.exit_code == 1
    with (
        pytest.raises(RolloutError, match=r"frozen by ada\. Ask her\.$") as refused,
        remote.hold(refusal),
    ):
        raise AssertionError
    assert refused.value.exit_code == 1
    for code in ("raise SystemExit(1)", "print([]); raise SystemExit(1)", "raise ValueError('x')"):
        with pytest.raises(RolloutError) as unknown:
            remote.ask(python(code))
        assert unknown.value.exit_code == 3


def test_a_command_that_never_ends_is_given_up(remote: Remote) -> None:
    started = time.monotonic()
    line = shlex.split("sh -c 'echo begun >&2; exec sleep 60'")
    with pytest.raises(RolloutError, match="no answer within"):
        remote.run(Command(tuple(line), timeout=0.3))
    assert time.monotonic() - started < 30


def test_a_host_whose_key_nobody_pinned_is_not_spoken_to(
    environment: Environment, tmp_path: Path
) -> None:
    unknown = replace(environment, known_hosts=str(tmp_path / "empty"))
    with pytest.raises(RolloutError, match=r"its host key is not in .*empty\. Pin it"):
        Remote(unknown, unknown.hosts[0])


def test_a_host_whose_key_changed_is_not_spoken_to(
    environment: Environment, tmp_path: Path
) -> None:
    host = environment.hosts[0]
    known = paramiko.HostKeys()
    key = paramiko.ECDSAKey.generate()
    known.add(f"[{host.address}]:{host.port}", key.get_name(), key)
    known.save(str(tmp_path / "known_hosts"))
    changed = replace(environment, known_hosts=str(tmp_path / "known_hosts"))
    with pytest.raises(RolloutError, match=r"is not the one in .* if not, stop here"):
        Remote(changed, host)


def test_a_host_that_refuses_our_key_is_told(environment: Environment) -> None:
    with pytest.raises(RolloutError, match=r"it refuses our key. Load it into the agent"):
        Remote(environment, environment.hosts[0], "stranger")


# Or itself, where the shell has become this program.
KILL_THE_SHELL = (
    "import os; shell = os.getppid(); is_shell = open(f'/proc/{shell}/comm').read() == 'sh\\n';"
    " os.kill(shell if is_shell else os.getpid(), 9)"
)
CUT = "the connection was cut .* Run it again; it goes on where it stopped"


def test_a_connection_that_was_cut_is_could_not_tell(
    environment: Environment, tmp_path: Path
) -> None:
    remote = Remote(environment, environment.hosts[0])
    remote.close()
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(RolloutError, match=CUT) as cut:
        remote.run(python("print()"))
    assert cut.value.exit_code == 3
    with pytest.raises(RolloutError, match=CUT):
        remote.send(python("print()"), [FileRange("f", tmp_path / "file", 0, 1)])
    with pytest.raises(RolloutError, match=CUT), remote.hold(python("print()")):
        raise AssertionError


def test_who_takes_files_and_fails_is_asked_why(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(RolloutError, match="no room for it") as refused:
        remote.send(
            python("import sys; sys.stdin.read(); sys.exit('no room for it')"),
            [FileRange("f", tmp_path / "file", 0, 1)],
        )
    assert refused.value.exit_code == 3


def test_a_lock_whose_holder_was_killed_and_a_silent_end_are_could_not_tell(
    remote: Remote,
) -> None:
    with (
        pytest.raises(RolloutError, match=CUT),
        remote.hold(python(KILL_THE_SHELL)),
    ):
        raise AssertionError
    with pytest.raises(RolloutError, match=r"it ended with 7 and gave no reason. Look at the host"):
        remote.run(python("raise SystemExit(7)"))


def test_missing_host_programs_are_installed_and_nothing_else_is_taken_for_them(
    environment: Environment, remote: Remote, tmp_path: Path
) -> None:
    site = HostCommands(environment, Host("h", "", directory=str(tmp_path / "site")))
    session = HostSession(remote, site)
    assert session.ask(site.make_directories()) == {}
    assert (tmp_path / "site/programs/current.pyz").is_file()
    tries = tmp_path / "tries"
    failing = f'echo >>{tries}; echo "can\'t open file" >&2; exit 3'
    with pytest.raises(RolloutError, match="can't open file"):
        session.ask(Command(("sh", "-c", failing)))
    assert tries.read_text() == "\n"
    with pytest.raises(RolloutError, match="invalid choice"):
        session.ask(replace(site.thaw(), argv=(*site.thaw().argv[:4], "no-such-verb")))


def test_a_lock_is_held_on_a_host_without_programs(
    environment: Environment, remote: Remote, tmp_path: Path
) -> None:
    site = HostCommands(environment, Host("h", "", directory=str(tmp_path)))
    with contextlib.ExitStack() as stack:
        answer = HostSession(remote, site).hold(site.lock("me", "a test"), stack, LockWait(0))
        assert answer["fence"] == 1
