"""Rules and routes by Prometheus' and Alertmanager's own tools, of Debian 12."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml

from tests.monitoring.watch.expressions import alarms, names, of_rules
from tests.monitoring.watch.programs import WATCH, tool

TESTS = ("alerts_test.yml", "alerts_past_test.yml")


def test_promtool_takes_the_configuration_and_the_rules() -> None:
    checked = tool("promtool", "check", "config", "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "rules found" in checked.stdout


def test_each_alarm_fires_and_stays_quiet() -> None:
    tested = tool("promtool", "test", "rules", *TESTS)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_alarm_has_a_test_of_both() -> None:
    fires: set[str] = set()
    quiet: set[str] = set()
    for name in TESTS:
        for test in yaml.safe_load((WATCH / name).read_text(encoding="utf-8"))["tests"]:
            for case in test["alert_rule_test"]:
                (fires if case["exp_alerts"] else quiet).add(case["alertname"])
    # Of these, what is quiet stands beside what fires: other hosts and environments.
    assert fires == set(alarms())
    assert fires - quiet == {"Drift"}


OTHERWISE = {
    "NotReady": ("max by", "min by"),
    "ServerErrors": (">= 20", ">= 2"),
    "Slow": (">= 100", ">= 10"),
    "Refused": ("> 10", "> 5"),
    "NoGoodMatch": ("+ 4 * sqrt", "+ 0 * sqrt"),
    "ReleaseOld": ("max by", "min by"),
    "TwoReleasesLive": ("by (environment, release, image)", "by (environment, host)"),
    "LogNotWritten": ("> 0", ">= 0"),
    "ListUnreadable": ("> 0", ">= 0"),
    "DiskFull": ("< 0.1", "< 0.3"),
    "Drift": ("== 1", ">= 1"),
}


def test_a_rule_that_says_something_else_fails_its_test(tmp_path: Path) -> None:
    text = (WATCH / "alerts.yml").read_text(encoding="utf-8")
    for alarm, (old, new) in OTHERWISE.items():
        begin = text.index(f"alert: {alarm}\n")
        assert old in text[begin : text.index("annotations:", begin)], alarm
        text = text[:begin] + text[begin:].replace(old, new, 1)
    (tmp_path / "alerts.yml").write_text(text, encoding="utf-8")
    for name in TESTS:
        shutil.copy(WATCH / name, tmp_path)
    tested = tool("promtool", "test", "rules", *TESTS, folder=tmp_path)
    assert tested.returncode == 1
    failed = set(re.findall(r"alertname: (\w+), time", tested.stdout + tested.stderr))
    assert failed == set(OTHERWISE)


def test_amtool_takes_the_routes_and_all_lead_to_people() -> None:
    checked = tool("amtool", "check-config", "alertmanager.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for severity in ("page", "ticket"):
        routed = tool(
            *("amtool", "config", "routes", "test", "--config.file=alertmanager.yml"),
            f"severity={severity}",
        )
        assert (routed.returncode, routed.stdout.strip()) == (0, "people"), routed.stderr
    routes = yaml.safe_load((WATCH / "alertmanager.yml").read_text(encoding="utf-8"))["route"]
    assert {alarm["labels"]["severity"] for alarm in alarms().values()} == {"page", "ticket"}
    assert [route["matchers"] for route in routes["routes"]] == [['severity="page"']]


def test_every_metric_of_a_rule_is_in_a_live_server_s(live_metrics: str) -> None:
    told = set(re.findall(r"^(\w+)[{ ]", live_metrics, re.MULTILINE))
    for place, expression in of_rules():
        assert names(expression) <= told, place
        # `up` is Prometheus' own, and what is recorded is of the others.
        assert names(expression) or place in ("Down", "NoGoodMatch")
