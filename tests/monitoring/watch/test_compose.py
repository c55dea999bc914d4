"""Profile `watch` of docker-compose.yml: closed, on this machine alone, with the files of git."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.monitoring.watch.programs import WATCH

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = {
    name: service
    for name, service in COMPOSE["services"].items()
    if service.get("profiles") == ["watch"]
}
# What each listens on, by its command or its settings.
LISTENS = re.compile(r"(?:listen-address=|--listen\W+|HTTP_ADDR\W+)([\d.]*)")


def test_every_service_is_closed() -> None:
    assert set(SERVICES) == {"prometheus", "alertmanager", "node-exporter", "grafana", "alarms"}
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert "user" not in service and "privileged" not in service, name  # noqa: PT018


def test_all_listen_on_this_machine_alone() -> None:
    listening = (WATCH / "alarms.Dockerfile").read_text(encoding="utf-8")
    for name, service in SERVICES.items():
        text = json.dumps([service.get("command"), service.get("environment")])
        found = LISTENS.findall(text + (listening if name == "alarms" else ""))
        assert [address for address in found if address] == ["127.0.0.1"], name
        assert "ports" not in service, name
    assert "--cluster.listen-address=" in SERVICES["alertmanager"]["command"]
    slots = [port for port in COMPOSE["services"]["router"]["ports"] if "SITE" not in port]
    assert [port.partition(":")[0] for port in slots] == ["127.0.0.1", "127.0.0.1"]
    assert COMPOSE["services"]["router"]["networks"] == ["site"]


def test_what_it_mounts_is_read_only_but_for_what_it_keeps() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            if isinstance(volume, dict):
                assert volume["read_only"] is True, name
            elif volume.partition(":")[0] not in COMPOSE["volumes"]:
                assert volume.endswith(":ro"), (name, volume)


@pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
def test_the_files_that_programs_read_are_in_the_folder(name: str) -> None:
    assert "./monitoring/watch:/etc/watch:ro" in SERVICES[name]["volumes"]
    (file,) = re.findall(r"--config.file=/etc/watch/(\S+)", "\n".join(SERVICES[name]["command"]))
    assert (WATCH / file).is_file()


def test_secrets_come_by_files_that_may_be_missing() -> None:
    used = {name: service["secrets"] for name, service in SERVICES.items() if "secrets" in service}
    assert used == {"prometheus": ["metrics-key"], "alarms": ["notify"]}
    scrapes = yaml.safe_load((WATCH / "prometheus.yml").read_text())["scrape_configs"]
    by_file = [
        scrape["basic_auth"]["password_file"] for scrape in scrapes if "basic_auth" in scrape
    ]
    assert by_file == ["/run/secrets/metrics-key"]
    assert SERVICES["alarms"]["environment"] == {"FORGE_NOTIFY_FILE": "/run/secrets/notify"}
    for secret in ("metrics-key", "notify"):
        assert COMPOSE["secrets"][secret]["file"].endswith(":-/dev/null}")


def test_addresses_in_the_files_are_those_that_listen() -> None:
    """Prometheus knows where Alertmanager is, that knows the webhook, and Grafana Prometheus."""
    commands = "\n".join(
        word for service in SERVICES.values() for word in service.get("command", [])
    ) + (WATCH / "alarms.Dockerfile").read_text(encoding="utf-8")
    for file, address in (
        ("prometheus.yml", "127.0.0.1:9093"),
        ("alertmanager.yml", "127.0.0.1:9095"),
        ("grafana/provisioning/datasources/prometheus.yml", "127.0.0.1:9090"),
        ("targets/machines.yml", "127.0.0.1:9100"),
    ):
        assert address in (WATCH / file).read_text(encoding="utf-8")
        assert address in commands
    slots = yaml.safe_load((WATCH / "targets/servers.yml").read_text())[0]["targets"]
    published = re.findall(r"(127\.0\.0\.1):\$\{\w+:-(80\d\d)\}", json.dumps(COMPOSE["services"]))
    assert {":".join(slot) for slot in published} == set(slots)


def test_the_webhook_s_image_holds_all_that_it_imports(tmp_path: Path) -> None:
    """The two packages that its Dockerfile copies are enough, with what is locked for it."""
    text = (WATCH / "alarms.Dockerfile").read_text(encoding="utf-8")
    for package in re.findall(r"^COPY (\w+) \w+$", text, re.MULTILINE):
        (tmp_path / package).symlink_to(ROOT / package)
    code = (
        "import sys, importlib.metadata as known; import forge.commands.relay_alarms, apprise;"
        "from release_format.config.registry import read_settings;"
        "from release_format.config.forge import ForgeSettings; read_settings(ForgeSettings);"
        "tops = {name.partition('.')[0] for name in sys.modules};"
        "owners = known.packages_distributions();"
        "print(*{dist for top in tops for dist in owners.get(top, [])})"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    lock = (ROOT / "locks/deploy.txt").read_text(encoding="utf-8")
    locked = {
        re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([\w.-]+)==", lock, re.M)
    }
    used = {re.sub(r"[-_.]+", "-", name).lower() for name in done.stdout.split()}
    assert "apprise" in used
    assert used - locked <= {"setuptools", "pip", "searchbar", "distutils-precedence"}
