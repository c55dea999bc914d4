"""Status of an environment, as people and machines read it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from deployer.owed.record import FREEZE, OwedAct
from deployer.state import HostState, read_state
from deployer.status import EnvironmentStatus, LastChange
from release_format.progress import show
from release_format.store.base import Channel
from tests.deployer.facts import ONE, TWO, container, facts

CHANNEL = Channel("prod", 7, ONE.release, ONE.image, "2026-01-01T00:00:00Z")
SILENT = {"c": "c (x@192.0.2.3:22): connecting: unreachable. Start it."}
OTHER: dict[str, Any] = {"containers": {"blue": container(TWO)}, "slots": {}}


def status(*, other: bool = False, **differs: Any) -> EnvironmentStatus:
    """Of two hosts, of which the second may serve another pair."""
    states = {
        "a": read_state("a", facts()),
        "b": read_state("b", facts(**(OTHER if other else {}))),
    }
    return EnvironmentStatus("prod", states, **{"channel": CHANNEL, **differs})


def test_hosts_that_serve_one_pair_are_well() -> None:
    assert (status().is_well, status().exit_code, status().mixed) == (True, 0, "")
    assert status().as_lines()[0] == "prod: well"


def test_mixed_hosts_are_not_well_and_what_to_type_is_said() -> None:
    mixed = status(other=True)
    assert (mixed.is_well, mixed.exit_code) == (False, 1)
    [line] = [line for line in mixed.as_lines() if "MIXED" in line]
    assert f"a: {ONE.short()}; b: {TWO.short()}" in line
    assert f"roll out {ONE.short()} again, or roll back" in line
    assert mixed.as_record()["mixed"] in line
    assert "MIXED" in "".join(status(other=True, channel=None).as_lines())


def test_what_a_rollback_left_out_is_named_until_it_is_mended() -> None:
    silent = status(unreachable=SILENT, left_out=SILENT)
    back = status(other=True, left_out={"b": SILENT["c"]})
    for named, host in ((silent, "c"), (back, "b")):
        assert f"the last rollback left out {host} " in named.mixed
        assert "`python -m deployer rollback --environment prod` takes them back too" in named.mixed
        assert not named.is_well
    assert status(left_out={"b": SILENT["c"]}).is_well


def test_a_host_that_does_not_answer_is_shown_beside_those_that_do() -> None:
    one_silent = status(unreachable=SILENT)
    record = one_silent.as_record()
    assert (record["well"], record["unreachable"], one_silent.exit_code) == (False, SILENT, 3)
    assert list(record["hosts"]) == ["a", "b"]
    lines = one_silent.as_lines()
    assert lines[0] == "prod: NOT WELL"
    assert lines[lines.index("c: NO ANSWER") + 1] == f"  {SILENT['c']}"
    assert {"a:", "b:"} < set(lines)


def test_where_no_host_answers_nothing_is_well() -> None:
    nothing = EnvironmentStatus("prod", {}, unreachable=SILENT)
    assert (nothing.is_well, nothing.exit_code, nothing.as_lines()[0]) == (
        False,
        3,
        "prod: NOT WELL",
    )


@pytest.mark.parametrize(("host", "well"), [("a", False), ("gone", True)])
def test_what_is_owed_is_told(host: str, well: bool) -> None:
    act = OwedAct(host, FREEZE, "ada", "2026-01-01T00:00:00Z", why="audit")
    owing = status(owed=[act])
    assert (owing.is_well, owing.exit_code) == (well, 0 if well else 1)
    where = "" if host == "a" else ", which is not in hosts.toml"
    line = f"  owed by {host}{where}: freeze (audit), since 2026-01-01T00:00:00Z by ada"
    assert line in owing.as_lines()
    assert owing.as_record()["owed"][0]["why"] == "audit"


def test_a_list_of_withdrawn_ids_that_cannot_be_read_is_shown() -> None:
    state = read_state("a", facts(withdrawn_why="the list cannot be read"))
    assert "  ODD: the list cannot be read" in EnvironmentStatus("prod", {"a": state}).as_lines()


def test_a_slot_that_could_not_be_asked_is_not_called_empty() -> None:
    state = read_state("a", facts(containers={}, docker_why="the engine is down"))
    lines = EnvironmentStatus("prod", {"a": state}).as_lines()
    assert "  live  nobody can tell" in lines
    assert "  ODD: the engine is down" in lines
    assert not [line for line in lines if "empty" in line]


def test_records_of_a_host_that_lack_something_are_shown_all_the_same() -> None:
    state = read_state("a", facts(frozen={"x": 1}, lock={"x": 1}, pending={"x": 1}))
    told = "\n".join(EnvironmentStatus("prod", {"a": state}).as_lines())
    unknown = "not written down"
    assert f"frozen by {unknown} since {unknown}: {unknown}" in told
    assert f"lock  {unknown}, {unknown}, since {unknown}" in told
    assert "None" not in told


STANDBY = {"live": "blue-green", "canary": "none", "share": "0"}
BOTH = [ONE.release, TWO.release]


@pytest.mark.parametrize(
    ("differs", "standing"),
    [
        ({}, "up, stands by"),
        ({"route": {**STANDBY, "live": "blue"}}, "up"),
        (
            {"releases": [ONE.release]},
            "up, files of its release are gone: neither stands by nor can be gone back to",
        ),
        (
            {
                "containers": {"blue": container(ONE), "green": container(TWO, running=False)},
                "router": {"running": True, "route": STANDBY, "up": ["blue"]},
            },
            "ended with 0",
        ),
        ({"containers": {"blue": container(ONE)}}, "empty"),
    ],
)
def test_only_what_could_stand_in_is_said_to_stand_by(
    differs: dict[str, Any], standing: str
) -> None:
    containers = {"blue": container(ONE), "green": container(TWO)}
    router = {"running": True, "route": STANDBY, "up": ["blue", "green"]}
    host = facts(
        **{"route": STANDBY, "router": router, "containers": containers, "releases": BOTH} | differs
    )
    state = read_state("a", host)
    told = EnvironmentStatus("prod", {"a": state})
    [line] = [line for line in told.as_lines() if line.startswith("  idle")]
    assert line.endswith(f" {standing}"), line
    assert told.as_record()["hosts"]["a"]["standby"] == (
        "stands by" in standing and "neither" not in line
    )


CERTIFICATE = {
    "act": "rollout",
    "by": "ada@desk",
    "commit": "c0ffee" * 6 + "beef",
    "grounds": ["stage had it: certificate 0123", "the quality gate says yes beside 4567"],
}


def test_who_made_it_live_why_and_from_which_commit() -> None:
    last = LastChange.of(CERTIFICATE)
    lines = status(last=last).as_lines()
    assert lines[1:6] == [
        f"  last switched to {ONE.short()} at 2026-01-01T00:00:00Z",
        "  rollout by ada@desk",
        "  from commit c0ffeec0ffee",
        "  because stage had it: certificate 0123",
        "  because the quality gate says yes beside 4567",
    ]
    assert status(last=last).as_record()["last"] == CERTIFICATE


@pytest.mark.parametrize("record", [{}, {"act": 3, "grounds": "x"}, {"by": None, "commit": []}])
def test_a_certificate_that_says_less_is_shown_all_the_same(record: dict[str, Any]) -> None:
    last = LastChange.of(record)
    assert (last is None) is not bool(record)
    assert "None" not in "\n".join(status(last=last).as_lines())


def test_the_journal_is_told_in_words_and_what_is_left_out_by_a_sign() -> None:
    entries = [
        {"at": f"2026-01-0{n}T00:00:00Z", "event": "switched", "to": ["live green", "x", "y", "z"]}
        for n in range(1, 6)
    ]
    pruned = {"releases": [ONE.release, TWO.release], "bytes": 12, "limits": {"a": {"b": 1}}}
    turned = {"event": "turned back", "why": "word " * 30, "by": None, "fence": ""}
    told: list[dict[str, Any]] = [
        *entries,
        {"at": "now", "event": "pruned", **pruned},
        {"at": "now", **turned},
    ]
    lines = EnvironmentStatus("prod", {"a": journal(told)}).as_lines()
    at = lines.index("  lately (more in its journal.jsonl):")
    assert lines[at + 1] == "    2026-01-04T00:00:00Z  switched: to live green, x, y and 1 more"
    assert lines[at + 3] == (
        f"    now  pruned: releases {ONE.release[:12]}, {TWO.release[:12]}, bytes 12, limits a b 1"
    )
    assert lines[at + 4].startswith("    now  turned back: why word word")
    assert lines[at + 4].endswith("word…")
    assert not [line for line in lines if set(line) & set("{}'")]
    assert "lately" not in "".join(EnvironmentStatus("prod", {"a": journal([])}).as_lines())


def test_it_fits_a_terminal_of_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    acts = [{"at": "2026-01-01T00:00:00Z", "event": "turned back", "why": "word " * 30}]
    frozen = {"by": "ops", "since": "2026-01-01T00:00:00Z", "why": "the sale goes on " * 8}
    several = EnvironmentStatus("prod", {"a": replace(journal(acts), frozen=frozen)})
    mixed = status(other=True, last=LastChange.of(CERTIFICATE), unreachable=SILENT)
    for shown in (several, mixed):
        show("\n".join(shown.as_lines()))
    told = capsys.readouterr().out
    assert "MIXED" in told
    assert "the sale goes on" in told
    assert [line for line in told.splitlines() if len(line) > 80] == []


def journal(entries: list[dict[str, Any]]) -> HostState:
    return read_state("a", facts(journal=[json.dumps(entry) for entry in entries]))
