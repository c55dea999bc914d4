"""Login shells that print, read, end or are something else, as real sshd and bash run them."""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deployer.command import Command
from deployer.errors import RolloutError
from deployer.fleet import HostSession
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, read_hosts
from deployer.lock_wait import LockWait
from deployer.transport.machine import FileRange
from deployer.transport.remote import Remote
from tests.deployer.sshd import hosts_on_loopback

BANNER = "All access is logged.\n"
QUIET = {
    "prints before": "echo Welcome to h; date",
    "prints without a newline": "printf 'Last login: never'",
    "prints after": "trap 'echo goodbye' EXIT",
    "prints after, without a newline, and lies": "trap 'printf bye; exit 1' EXIT",
    "prints thousands of lines": "seq 20000; seq 20000 >&2",
    "prints more than a channel holds": "head -c 5000000 /dev/zero | tr '\\0' x",
    "colours": r"printf '\033[1;31mproduction\033[0m\033]0;title\007\r\n'",
    "prints no UTF-8": r"printf '\377\376\200\303(\n\000'",
    "prints JSON": r"""printf '{"fence": 99}\n{"no": "never"}\n\nsearchbar-x begins\n{}\n'""",
    "complains": "echo mesg: ttyname failed >&2; no-such-program",
    "one stream for both": "exec 2>&1",
    "traces": "set -xv",
    "reads a line": "read -r answer; echo you said $answer",
    "reads two lines": "read -r a; read -r b",
    "leaves something behind": "sleep 20 &",
    "prints meanwhile": "(sleep 0.1; echo still here) &",
    "sets things": "set -euo pipefail; umask 077; cd /; alias sh=false; line=x m=y",
    "takes over names": "sh() { echo no; }; python3() { echo no; }; export -f sh python3",
}
IN_THE_WAY = {
    "exit 0": "ended with 0 and did not run it",
    "echo Not today; exit 1": "prints before commands .'Not today'., and ended with 1 and did not",
    "exec sh": "ended with [03] and did not run it",
    "cat >/dev/null": "reads what is sent to the command",
    "echo Hello; cat >/dev/null": "prints before commands .'Hello'., and reads what is sent",
    "exec >/dev/null": "ended with 0 and did not run it",
    r"printf '\033[2J\377no\n'; exit 7": r"prints before commands .'\\x1b\[2J.no'., and ended with",
    "echo Sleepy; sleep 60": "prints before commands .'Sleepy'., and does not begin it",
    "yes": "prints before commands .'y y y.*…'., and does not begin it",
}


@dataclass
class Home:
    """A host on loopback, and the home of who comes to it."""

    folder: Path
    environment: Environment

    @contextlib.contextmanager
    def remote(self, bashrc: str) -> Iterator[Remote]:
        (self.folder / ".bashrc").write_text(f"{bashrc}\n")
        with contextlib.closing(Remote(self.environment, self.environment.hosts[0])) as remote:
            yield remote


def sh(script: str, stdin: bytes = b"") -> Command:
    return Command(("sh", "-c", script), stdin)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    assert pwd.getpwuid(os.getuid()).pw_shell.endswith("/bash"), "run the tests as who has bash"
    folder, place = tmp_path_factory.mktemp("hosts"), tmp_path_factory.mktemp("home")
    (folder / "banner").write_text(BANNER)
    config = f"SetEnv HOME={place}\nBanner {folder}/banner\nPrintMotd yes\n"
    with hosts_on_loopback(folder, "h", sshd_config=config) as hosts:
        yield Home(place, read_hosts(hosts, "stage"))


@pytest.mark.parametrize("bashrc", QUIET.values(), ids=QUIET)
def test_noise_does_not_matter(home: Home, bashrc: str) -> None:
    with home.remote(bashrc) as remote:
        assert remote.read(sh("printf 'a\\n\\nb'; cat", b"\0\xffc")) == "a\n\nb\0\ufffdc"
        assert remote.ask(sh("""echo '{"well": true}'""")) == {"well": True}
        with remote.hold(sh("""echo '{"fence": 3}'; cat >/dev/null""")) as answer:
            assert answer == {"fence": 3}
        with pytest.raises(RolloutError, match=r"^h: sh -c: too bad\. Look at the host\.$") as bad:
            remote.read(sh("echo so; echo too bad >&2; exit 1"))
        assert bad.value.exit_code == 3
        with pytest.raises(RolloutError, match=r"^h: sh -c: frozen\. Ask\.$") as refused:
            remote.ask(sh("""echo '{"no": "frozen. Ask."}'; exit 1"""))
        assert refused.value.exit_code == 1


def test_host_programs_are_installed_and_files_are_sent_through_noise(
    home: Home, tmp_path: Path
) -> None:
    noise = ["prints before", "prints JSON", "reads a line", "prints after", "traces"]
    with home.remote("\n".join(QUIET[name] for name in noise)) as remote:
        with contextlib.closing(remote._connection.run("true", 10)) as channel:
            assert channel.recv(7) == b"Welcome", "the login shell does not read the file"
        site = HostCommands(home.environment, home.environment.hosts[0])
        session = HostSession(remote, site)
        assert session.ask(site.make_directories()) == {}
        with contextlib.ExitStack() as stack:
            session.fence = session.hold(site.lock("me", "a test"), stack, LockWait(0))["fence"]
            (file := tmp_path / "file").write_bytes(content := os.urandom(300_000))
            session.ask(site.reserve({"f": len(content)}, session.fence))
            assert remote.send(site.receive(session.fence), [FileRange("f", file, 0, 300_000)])
            assert (Path(site.root) / "incoming/f").read_bytes() == content
        session.ask(site.freeze("ada", "audit"))
        with (
            pytest.raises(RolloutError, match="rollouts are frozen since") as frozen,
            remote.hold(site.lock("me", "a test")),
        ):
            raise AssertionError
        assert frozen.value.exit_code == 1


@pytest.mark.parametrize("bashrc", IN_THE_WAY)
def test_a_login_shell_in_the_way_is_named(home: Home, bashrc: str) -> None:
    told = f"its login shell.* {IN_THE_WAY[bashrc]}.*Make .bashrc silent for non-interactive"
    patience = 1 if "does not begin" in told else 60
    long = b'{"long": "' + b"x" * 300_000 + b'"}'
    with home.remote(bashrc) as remote:
        for stdin in (b"touch touched\n", b"", long) if patience > 1 else (long,):
            with pytest.raises(RolloutError, match=f"^h: sh -c: {told}") as caught:
                remote.run(replace(sh("cat", stdin), timeout=patience))
            assert caught.value.exit_code == 3
    assert not (home.folder / "touched").exists()


@pytest.mark.parametrize("bashrc", ["exit 0", "cat >/dev/null"])
def test_a_lock_that_a_login_shell_is_in_the_way_of_is_not_held(
    home: Home, bashrc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployer.transport.remote.HOLD_SECONDS", 1.0)
    with (
        home.remote(bashrc) as remote,
        pytest.raises(RolloutError, match=r"^h: sh -c: its login shell .*Make .bashrc") as caught,
        remote.hold(sh("echo '{}'")),
    ):
        raise AssertionError
    assert caught.value.exit_code == 3


def test_what_a_forced_command_answers_is_no_answer(tmp_path: Path) -> None:
    config = "ForceCommand echo '{}'; exit 1\n"
    with hosts_on_loopback(tmp_path, "h", sshd_config=config) as hosts:
        environment = read_hosts(hosts, "stage")
        site = HostCommands(environment, environment.hosts[0])
        with (
            contextlib.closing(Remote(environment, environment.hosts[0])) as remote,
            pytest.raises(RolloutError, match=r"'{}'.*let a ForceCommand run what") as caught,
        ):
            remote.ask(site.thaw())
        assert caught.value.exit_code == 3


def test_a_forced_command_that_runs_what_it_is_asked_is_none(tmp_path: Path) -> None:
    config = 'ForceCommand echo logged; exec sh -c "$SSH_ORIGINAL_COMMAND"\n'
    with hosts_on_loopback(tmp_path, "h", sshd_config=config) as hosts:
        environment = read_hosts(hosts, "stage")
        with contextlib.closing(Remote(environment, environment.hosts[0])) as remote:
            assert remote.run(Command(("cat",), b"as it is")) == "as it is"
