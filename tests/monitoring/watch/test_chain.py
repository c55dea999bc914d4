"""The whole chain, real: a loaded server and node-exporter, Prometheus with the very files of git,
Alertmanager, `forge relay-alarms`, and a sink. Only ports and waiting times are others."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitoring.drift.text_file import NAME, text_file
from release_format.config.server import ServerSettings
from release_format.release import Release
from release_format.seal import write_atomically
from release_format.secrets.secret import Secret
from release_format.verdict import Verdict
from searchbar.engine import Engine
from tests.conftest import ROOT
from tests.forge.sinks import Sink, sink
from tests.monitoring.watch.conftest import ROUNDS, load
from tests.monitoring.watch.expressions import names, of_board, of_rules
from tests.monitoring.watch.programs import WATCH, free_ports, node_exporter, running, until
from tests.searchbar.http.servers import serving

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("watch")]
KEY = "a key of twenty signs"


@dataclass(frozen=True)
class Watched:
    """The server, what watches it, and where messages end."""

    server: httpx.Client
    prometheus: httpx.Client
    text_files: Path
    taken: Sink

    def query(self, expression: str) -> list[dict[str, Any]]:
        answer = self.prometheus.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", (expression, answer)
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result


def placed(folder: Path, servers: int, machines: int, alertmanager: int, webhook: int) -> Path:
    """The files of git with a test's ports, and without minutes of waiting."""
    copied = shutil.copytree(WATCH, folder / "watch")
    (folder / "key").write_text(KEY, encoding="utf-8")
    for name, changes in {
        "prometheus.yml": {
            "15s": "1s",
            "127.0.0.1:9093": f"127.0.0.1:{alertmanager}",
            "/run/secrets/metrics-key": str(folder / "key"),
        },
        "alertmanager.yml": {
            "group_wait: 30s": "group_wait: 1s",
            "group_interval: 5m": "group_interval: 2s",
            "127.0.0.1:9095": f"127.0.0.1:{webhook}",
        },
        "alerts.yml": {"interval: 1m": "interval: 1s"},
        "targets/servers.yml": {', "127.0.0.1:8002"': "", "8001": str(servers)},
        "targets/machines.yml": {"9100": str(machines)},
    }.items():
        text = (copied / name).read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text, (name, old)
            text = text.replace(old, new)
        (copied / name).write_text(text, encoding="utf-8")
    return copied


@contextmanager
def receiver(port: int, sink_port: int) -> Iterator[None]:
    """`forge relay-alarms`, typed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "forge", "relay-alarms", "--listen", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env={**os.environ, "FORGE_NOTIFY": f"json://127.0.0.1:{sink_port}"},
    )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture(scope="module")
def watched(
    bundled_release: Release, text_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watch")
    settings = ServerSettings(key=Secret(KEY), key_for="all")
    alertmanager, webhook, prometheus = free_ports(3)
    with ExitStack() as held:
        client = held.enter_context(serving(Engine.open(bundled_release), settings))
        assert client.get("/metrics").status_code == 401
        client.auth = httpx.BasicAuth("anybody", KEY)
        machines = held.enter_context(node_exporter(folder / "node.log", text_files))
        taken = held.enter_context(sink())
        held.enter_context(receiver(webhook, taken.port))
        files = placed(folder, client.base_url.port or 0, machines, alertmanager, webhook)
        held.enter_context(
            running(
                *(folder / "alertmanager.log", alertmanager, "/-/ready", "prometheus-alertmanager"),
                f"--config.file={files}/alertmanager.yml",
                f"--storage.path={folder}/alertmanager",
                f"--web.listen-address=127.0.0.1:{alertmanager}",
                "--cluster.listen-address=",
            )
        )
        address = held.enter_context(
            running(
                *(folder / "prometheus.log", prometheus, "/-/ready", "prometheus"),
                f"--config.file={files}/prometheus.yml",
                f"--storage.tsdb.path={folder}/prometheus",
                f"--web.listen-address=127.0.0.1:{prometheus}",
            )
        )
        asking = held.enter_context(httpx.Client(base_url=address, timeout=30))
        yield Watched(client, asking, text_files, taken)


def test_every_expression_is_answered_by_a_prometheus_that_scraped_a_loaded_server(
    watched: Watched,
) -> None:
    up = "count by (job) (up == 1) == on(job) group_left() count by (job) (up)"
    until(lambda: len(watched.query(up)) == 2, "both jobs to be scraped with their key")
    shown = [*of_board()]
    assert len(shown) > 30

    def unanswered() -> set[str]:
        load(watched.server, next(ROUNDS))
        return {place for place, expression in shown if not watched.query(expression)}

    until(lambda: not unanswered(), "every panel to show something")
    assert not unanswered()
    for place, expression in of_rules():
        watched.query(expression)
        for metric in names(expression):
            assert watched.query(metric), (place, metric)
    rules = watched.prometheus.get("/api/v1/rules").json()["data"]["groups"]
    health = {rule["name"]: rule["health"] for group in rules for rule in group["rules"]}
    assert set(health.values()) == {"ok"}
    assert set(health) == {place for place, _ in of_rules()}


def test_numbers_are_those_of_the_programs(watched: Watched) -> None:
    (live,) = watched.query("searchbar_live_since_timestamp_seconds")
    assert live["metric"] | {"release": "a" * 64, "slot": "blue"} == live["metric"]
    assert (live["metric"]["environment"], live["metric"]["host"]) == ("prod", "here")
    (info,) = watched.query("searchbar_release_info")
    release = watched.server.get("/release").json()["release"]
    assert (info["metric"]["release"], info["metric"]["job"]) == (release, "searchbar")
    # What a program names is not renamed because a target has the same label.
    everything = watched.query('{__name__=~"searchbar_.+"}')
    assert not [series for series in everything if "exported_host" in series["metric"]]


def test_an_alarm_is_told_once_and_so_is_its_end(watched: Watched) -> None:
    """drift.prom says no; then it says yes."""
    until(lambda: len(watched.taken.bodies) > 0, "the alarm to be told")
    path = watched.text_files / "line" / NAME
    before = path.read_text(encoding="utf-8")
    # Twice the time in which Alertmanager would tell it again, if it did.
    threading.Event().wait(5)
    assert len(watched.taken.bodies) == 1
    said = json.loads(watched.taken.bodies[0])
    assert said["title"] == "firing: Drift prod"
    assert re.match(r"firing since 20\S+: prod: what people ask", said["message"])
    assert said["message"].endswith("What to do: docs/runbook.md#drift")
    write_atomically(path, text_file(Verdict("drift", "r", "", [], {"questions": 40})))
    try:
        until(lambda: len(watched.taken.bodies) > 1, "its end to be told")
        threading.Event().wait(5)
    finally:
        write_atomically(path, before)
    told = [json.loads(body)["title"] for body in watched.taken.bodies]
    assert told == ["firing: Drift prod", "resolved: Drift prod"]
