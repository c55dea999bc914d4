"""Preparation of machines."""

from __future__ import annotations

import subprocess

from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.prepare import script


def test_prepare_as_a_script_is_a_shell_script_with_the_same_steps() -> None:
    text = script(
        HostCommands(Environment("stage", acme_domain="search.example"), Host("h", "192.0.2.1")),
        public_key="ssh-ed25519 AAAA me",
    )
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    for sentence in (
        "docker.io haproxy python3 logrotate certbot",
        "useradd",
        "ssh-ed25519 AAAA me",
        "# router service",
    ):
        assert sentence in text
