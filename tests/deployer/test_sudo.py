"""A user of prepare whom sudo refuses: could not tell, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.fleet import open_fleet
from deployer.hosts import Environment, read_hosts
from deployer.prepare import prepare
from tests.deployer.sshd import hosts_on_loopback


def with_sudo(folder: Path, script: str) -> Environment:
    """Whoever comes finds this sudo first."""
    (sudo := folder / "sudo").write_text(f"#!/bin/sh\n{script}\n")
    sudo.chmod(0o755)
    return read_hosts(folder / "hosts.toml", "stage")


@pytest.mark.parametrize(
    "said",
    [
        "sudo: a password is required",
        "sudo: a terminal is required to read the password; either use the -S option",
        "sudo: sorry, you must have a tty to run sudo",
    ],
)
def test_a_sudo_that_asks_for_a_password_is_no_gate_that_says_no(tmp_path: Path, said: str) -> None:
    config = f"SetEnv PATH={tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin\n"
    with hosts_on_loopback(tmp_path, "h", sshd_config=config) as hosts:
        text = hosts.read_text().replace("[stage]", '[stage]\nprepare_user = "ops"')
        hosts.write_text(text)
        environment = with_sudo(tmp_path, f"echo '{said}' >&2; exit 1")
        with (
            open_fleet(environment, user=environment.user) as fleet,
            pytest.raises(RolloutError, match="ops needs sudo without a password") as refused,
        ):
            prepare(fleet)
    assert refused.value.exit_code == 3
    assert str(refused.value).startswith(f"h: sudo -n: {said}. ")
    assert "set `prepare_user` to root" in str(refused.value)
