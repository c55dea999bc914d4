"""A link on which both ends stay connected and nothing arrives any more."""

from __future__ import annotations

import contextlib
import sys
import threading
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from deployer.command import Command
from deployer.errors import RolloutError
from deployer.hosts import Environment, Host
from deployer.transport import connection
from deployer.transport.connection import pin
from deployer.transport.remote import Remote
from tests.deployer.transport.ssh_server import ssh_server
from tests.hosts.slow_link import LinkQuality, SlowLink


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_connection_that_goes_silent_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_begun: bool
) -> None:
    """Whether a command waits for its answer already or is only to be started."""
    monkeypatch.setattr(connection, "KEEP_ALIVE", 0.1)
    monkeypatch.setattr(connection, "SILENCE", 1.0)
    paramiko.ECDSAKey.generate().write_private_key_file(str(tmp_path / "key"))
    quality = LinkQuality(latency=0, lost=0, rate=1e9)
    with ssh_server() as sshd, SlowLink("127.0.0.1", quality, sshd=sshd) as link:
        known = tmp_path / "known_hosts"
        host = Host("h", "127.0.0.1", link.port)
        environment = Environment("stage", (host,), key=str(tmp_path / "key"))
        environment = replace(environment, known_hosts=str(known))
        assert [name for name, _ in pin(environment, known)] == ["h"]
        marker = tmp_path / "begun"
        code = f"import pathlib, time; pathlib.Path({str(marker)!r}).touch(); time.sleep(60)"
        with contextlib.closing(Remote(environment, host)) as remote:

            def go_silent() -> None:
                while is_begun and not marker.exists():
                    pass
                link.silent = True

            silencing = threading.Thread(target=go_silent)
            silencing.start()
            if not is_begun:
                silencing.join()
            with pytest.raises(RolloutError, match="the connection was cut") as cut:
                remote.run(Command((sys.executable, "-c", code), b"", timeout=60))
            silencing.join()
            assert cut.value.exit_code == 3
