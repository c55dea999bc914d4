"""The real router: whose address a slot is told, and which pages it never shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployer.command import Command
from deployer.fleet import Fleet, HostSession
from deployer.host.facts import facts
from deployer.host.layout import Layout
from deployer.host_commands import HostCommands
from deployer.hosts import PRIVATE_PAGES, Environment, Host
from deployer.rollout.rollout import Rollout, RolloutRequest
from deployer.router.config import TEMPLATE, router_config, router_digest
from deployer.state import read_state
from deployer.status import EnvironmentStatus
from deployer.transport.machine import Rehearsal
from release_format.store.folder import Folder
from tests.deployer.facts import facts as host_facts
from tests.deployer.routing import HAPROXY, ROUTER_LOG, Reply, ask, routed, telling_slot
from tests.hosts.sealed import sealed

ROOT = Path(__file__).parents[3]
OWN = "127.0.0.7"
MADE_UP = "198.51.100.66"
FOR = "X-Forwarded-For"


@pytest.fixture(scope="module")
def slot() -> Iterator[int]:
    with telling_slot() as port:
        yield port


@pytest.fixture(scope="module")
def plain(slot: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with routed(tmp_path_factory.mktemp("r"), slot) as environment:
        yield environment


@pytest.fixture(scope="module")
def balanced(slot: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    pages = ("/metrics", "/docs")
    with routed(tmp_path_factory.mktemp("r"), slot, forwarded=True, open=pages) as environment:
        yield environment


def asked(environment: Environment, target: str, *headers: str) -> Reply:
    return ask(environment.public_port, target, headers, source=OWN)


SAID = [
    (f"{FOR}: {MADE_UP}",),
    (f"{FOR}: {MADE_UP}, 203.0.113.9",),
    (f"{FOR}: {MADE_UP}", f"{FOR.lower()}: 203.0.113.9"),
    (f"{FOR}: ",),
    (f"{FOR}:{MADE_UP}:4711",),
    (f"{FOR}: unknown, 127.0.0.1",),
    (f"Forwarded: for={MADE_UP}", f"X-Real-IP: {MADE_UP}", f"X-Forwarded-Host: {MADE_UP}"),
    (),
]


@pytest.mark.parametrize("headers", SAID, ids=str)
def test_what_a_client_says_of_its_address_is_dropped(
    plain: Environment, headers: tuple[str, ...]
) -> None:
    told = asked(plain, "/search", *headers)
    assert told.headers_sent["x-forwarded-for"] == [OWN]
    assert MADE_UP not in told.body


def test_a_client_cannot_call_a_plain_connection_secure(plain: Environment) -> None:
    told = asked(plain, "/", "X-Forwarded-Proto: https", "X-Forwarded-Port: 443").headers_sent
    assert told["x-forwarded-proto"] == ["http"]
    assert "x-forwarded-port" not in told


def test_each_request_has_an_id_of_the_router_and_a_line_without_a_word_of_it(
    slot: int, tmp_path: Path
) -> None:
    ids = []
    with routed(tmp_path, slot) as environment:
        for headers in ((), ("X-Request-Id: mine",), ("X-Request-Id: a", "x-request-id: b")):
            reply = asked(environment, "/search?q=secret+wish", *headers)
            (id,) = reply.headers_sent["x-request-id"]
            assert re.fullmatch(r"[0-9a-f-]{36}", id)
            ids.append(id)
        assert asked(environment, "/metrics").status == 404
        assert ask(environment.preview, "/", ["X-Slot: blue"]).status == 200
        while (text := (tmp_path / ROUTER_LOG).read_text()).count('"status"') < 4:
            time.sleep(0.02)
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    # Its threads write in any order.
    statuses = {line["request_id"]: (line["status"], line["slot"]) for line in lines}
    assert [statuses.pop(id) for id in ids] == [(200, "blue")] * 3
    assert [*statuses.values()] == [(404, "<NOSRV>")]
    assert len(lines) == 4
    assert all(line["milliseconds"] >= 0 for line in lines)
    assert all(re.fullmatch(r"2\d{3}-\d\d-\d\dT[\d:]{8}Z", line["time"]) for line in lines)
    assert "wish" not in text
    assert OWN not in text


@pytest.mark.parametrize(
    ("headers", "visitor"),
    [
        ((f"{FOR}: 203.0.113.9",), "203.0.113.9"),
        ((f"{FOR}: {MADE_UP}, 203.0.113.9",), "203.0.113.9"),
        ((f"{FOR}: {MADE_UP}", f"{FOR}: 203.0.113.9"), "203.0.113.9"),
        ((f"{FOR}: {MADE_UP}, 192.0.2.1", f"{FOR}: {MADE_UP},203.0.113.9"), "203.0.113.9"),
        ((f"{FOR}: {MADE_UP}, 203.0.113.9:4711",), "203.0.113.9"),
        ((f"{FOR}: {MADE_UP}, 2001:db8::7",), "2001:db8::7"),
        ((f"{FOR}: {MADE_UP}, [2001:db8::7]",), "2001:db8::7"),
        ((f"{FOR}: {MADE_UP}, [2001:db8::7]:443",), "2001:db8::7"),
        # What the balancer wrote is no address, or it wrote none: never the one before it.
        ((f"{FOR}: {MADE_UP}, unknown",), OWN),
        ((f"{FOR}: {MADE_UP}, ",), OWN),
        ((f"{FOR}: {MADE_UP}", f"{FOR}: "), OWN),
        ((f"{FOR}: {MADE_UP}, [unknown]",), OWN),
        ((f"{FOR}: {MADE_UP}, host.example",), OWN),
        ((f"Forwarded: for={MADE_UP}", f"X-Real-IP: {MADE_UP}"), OWN),
        ((), OWN),
    ],
    ids=str,
)
def test_behind_a_balancer_the_last_address_is_the_visitor(
    balanced: Environment, headers: tuple[str, ...], visitor: str
) -> None:
    told = asked(balanced, "/search", *headers)
    assert told.headers_sent["x-forwarded-for"] == [visitor]
    assert MADE_UP not in told.body


@pytest.mark.parametrize(
    ("said", "scheme"), [("https", "https"), ("http", "http"), ("gopher", "http")]
)
def test_behind_a_balancer_its_word_on_tls_counts(
    balanced: Environment, said: str, scheme: str
) -> None:
    assert asked(balanced, "/", f"X-Forwarded-Proto: {said}").headers_sent["x-forwarded-proto"] == [
        scheme
    ]


@pytest.mark.parametrize(
    "page", [*PRIVATE_PAGES, "/docs/scripts/swagger-ui.css", "/judge/judgments.jsonl"]
)
def test_pages_of_those_who_run_it_are_answered_on_the_host_only(
    plain: Environment, slot: int, page: str
) -> None:
    refused = asked(plain, page)
    assert refused.status == 404
    assert "`open` in hosts.toml" in refused.body
    assert ask(slot, page).status == 200
    assert ask(plain.preview, page, ["X-Slot: blue"]).status == 200


def test_what_the_public_needs_passes(plain: Environment) -> None:
    for path in (
        "/",
        "/search?q=/metrics",
        "/items/metrics",
        "/items/a%20b%2Fdocs",
        "/livez",
        "/readyz",
        "/release",
        "/about",
        "/metricsystem",
        "/docsets",
        "/judge.js",
        "/admin.css",
        "/suggest?q=%zz",
        "/similar/judge",
    ):
        reply = asked(plain, path)
        assert (reply.status, f'"path": "{path}"' in reply.body) == (200, True), path


@pytest.mark.parametrize("target", ["/items/100%", "/%zzmetrics", "/metrics%", "*", "http://x/%"])
def test_an_address_that_no_slot_could_decode_is_refused(plain: Environment, target: str) -> None:
    assert asked(plain, target).status == 400


def test_what_hosts_toml_opens_is_public_and_nothing_else(balanced: Environment) -> None:
    for page in ("/metrics", "/docs", "/openapi.json", "/docs/scripts/swagger-ui.css"):
        assert asked(balanced, page).status == 200, page
    for page in ("/judge", "/asked", "/metrics/../judge", "/docs/./x", "/METRICS", "//metrics"):
        assert asked(balanced, page).status == 404, page


def test_the_template_closes_what_hosts_toml_can_open() -> None:
    [pages] = re.findall(r"-m reg -i \^/\*\((.*?)\)", TEMPLATE.read_text())
    assert {f"/{page}" for page in pages.replace(r"\\.", ".").split("|")} == set(PRIVATE_PAGES)


@pytest.mark.parametrize("page", PRIVATE_PAGES)
def test_each_page_can_be_opened_alone(page: str) -> None:
    opened = Environment("s", open=(page,))  # type: ignore[arg-type]
    text = router_config(opened, "/r")
    [rule] = [line for line in text.splitlines() if "set-var(txn.opened)" in line]
    passing = {other for other in PRIVATE_PAGES if f" {other}/ " in rule}
    assert passing == ({page, "/openapi.json"} if page == "/docs" else {page})


def test_the_site_on_one_machine_has_the_same_router(tmp_path: Path, slot: int) -> None:
    """jenkins/site/start.sh fills in the same file with sed: HAProxy takes it, and nothing
    private is open."""
    (tmp_path / "haproxy").write_text(f'#!/bin/sh\nexec {HAPROXY} -c -f "$4"\n')
    (tmp_path / "haproxy").chmod(0o755)
    script = (ROOT / "jenkins/site/start.sh").read_text()
    script = script.replace("root=/tmp\n", f"root={tmp_path}\n").replace(
        "/etc/searchbar/haproxy.cfg", str(TEMPLATE)
    )
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", script], env={"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    filled = (tmp_path / "haproxy.cfg").read_text()
    settings = Environment("s", public=":8000", preview=8009, blue=8001, green=8002)
    wanted = router_config(settings, str(tmp_path))
    assert [line for line in filled.splitlines() if line] == [
        line for line in wanted.splitlines() if line
    ]


def test_a_host_tells_which_configuration_its_router_has(tmp_path: Path) -> None:
    environment, rooms = Environment("stage"), Layout(tmp_path)
    rooms.make()
    wanted = router_digest(environment, str(tmp_path))
    assert not read_state("h", facts(rooms, "s"), router_config=wanted).router_is_current
    program = [sys.executable, "-m", "deployer.host", str(tmp_path), "config"]
    text = router_config(environment, str(tmp_path))
    subprocess.run(program, cwd=ROOT, input=text, text=True, check=True, capture_output=True)
    assert read_state("h", facts(rooms, "s"), router_config=wanted).router_is_current
    opened = router_digest(Environment("stage", open=("/metrics",)), str(tmp_path))
    state = read_state("h", facts(rooms, "s"), router_config=opened)
    assert not state.router_is_current
    assert any(
        "make prepare" in line
        for line in EnvironmentStatus("stage", {"h": replace(state, prepared=True)}).as_lines()
    )


def reader(answers: dict[str, Any]) -> Callable[[Command], Any]:
    """A host that answers each verb so."""
    return lambda command: answers[command.argv[4]]


def test_a_rollout_over_an_older_router_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment, host = Environment("stage"), Host("h", "192.0.2.1")
    current = router_digest(environment, HostCommands(environment, host).root)
    store = Folder(tmp_path)
    wish = RolloutRequest(store.path("release", sealed(store, "one")), "sha256:" + "a" * 64)
    for digest, is_told in ((current, False), ("an older program's", True)):
        said = host_facts(containers={}, slots={}, router_config=digest)
        answers = {"facts": said, "missing": {"missing": [], "begun": {}}, "probes": {"probes": []}}
        machine = Rehearsal(host, print, reader(answers))
        Rollout(
            Fleet(
                environment,
                [HostSession(machine, HostCommands(environment, host))],
                rehearsing=True,
            ),
            store,
            wish,
        ).go()
        assert ("make prepare" in capsys.readouterr().err) is is_told
