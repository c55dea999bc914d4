"""What is done on every host, and what went wrong on which."""

from __future__ import annotations

from deployer.fleet import Fleet, HostSession
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.transport.machine import Rehearsal


def test_an_error_without_a_text_is_an_error_all_the_same() -> None:
    environment = Environment("stage", (Host("a", "192.0.2.1"), Host("b", "192.0.2.2")))
    sessions = [
        HostSession(Rehearsal(host, print, lambda _: {}), HostCommands(environment, host))
        for host in environment.hosts
    ]

    def act(session: HostSession) -> None:
        if session.name == "b":
            raise TimeoutError

    assert Fleet(environment, sessions).try_each(act) == {"b": "TimeoutError"}
