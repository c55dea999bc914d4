"""What is done on every host, and what went wrong on which."""

from __future__ import annotations

import re

import pytest

from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, Host
from deployer.transport.machine import Rehearsal
from release_format.exit_codes import NO


def test_an_error_without_a_text_is_an_error_all_the_same() -> None:
    environment = Environment("stage", (Host("a", "192.0.2.1"), Host("b", "192.0.2.2")))
    sessions = [
        HostSession(Rehearsal(host, print, lambda _: {}), HostCommands(environment, host))
        for host in environment.hosts
    ]

    def act(session: HostSession) -> None:
        if session.name == "b":
            raise TimeoutError

    assert Fleet(environment, sessions).attempt(act) == ({"a": None}, {"b": "TimeoutError"})


def test_without_a_host_that_answers_nothing_is_done_and_nothing_went_wrong() -> None:
    fleet = Fleet(Environment("stage"), [], unreachable={"a": "a: unreachable. Start it."})
    assert fleet.attempt(lambda session: session.name) == ({}, {})
    assert fleet.each(lambda session: session.name) == {}


def test_of_several_hosts_that_fail_the_first_is_told_with_the_number_of_others() -> None:
    environment = Environment("stage", (Host("a", "192.0.2.1"), Host("b", "192.0.2.2")))
    sessions = [
        HostSession(Rehearsal(host, print, lambda _: {}), HostCommands(environment, host))
        for host in environment.hosts
    ]

    def act(session: HostSession) -> None:
        raise RolloutError(f"{session.name}: it is full. Free some space.", NO)

    told = re.escape("a: it is full. Free some space. (1 more of 2 hosts failed too.)")
    with pytest.raises(RolloutError, match=told) as failed:
        Fleet(environment, sessions).each(act)
    assert failed.value.exit_code == NO
