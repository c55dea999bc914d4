"""Alarms, the runbook, the table of the docs and CloudWatch's alarms are one list."""

from __future__ import annotations

import re

import pytest
import yaml

from searchbar.metrics.embedded_metrics import COUNTS
from searchbar.metrics.metrics import OVERLOAD
from tests.conftest import ROOT
from tests.monitoring.watch.expressions import alarms
from tests.monitoring.watch.programs import WATCH

RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n\n((?:(?!## ).*\n)+)", RUNBOOK, re.MULTILINE))


def table() -> dict[str, list[str]]:
    """The rows of the docs' table by alarm: when, for how long, CloudWatch's name."""
    text = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    section = text.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (.+) \| (.+) \| (.+) \|$", section, re.MULTILINE)
    return {name: rest for name, *rest in rows if name != "alarm"}


def test_every_alarm_has_its_section_and_every_section_an_alarm() -> None:
    assert list(SECTIONS) == list(alarms())
    for name, section in SECTIONS.items():
        marks = re.findall(r"^- \*([^*]+)\.\* \S", section, re.MULTILINE)
        assert marks == ["Means", "First look", "Do"], name
        assert re.search(r"`[^`]+`|\*[A-Z]", section.partition("*First look.*")[2]), name


def test_every_alarm_says_what_is_so_and_where_to_read_on() -> None:
    for name, alarm in alarms().items():
        said = alarm["annotations"]
        assert set(said) == {"summary", "runbook"}, name
        assert said["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert said["summary"].endswith("."), name


def test_the_docs_list_the_alarms_with_their_times() -> None:
    rows = table()
    assert list(rows) == list(alarms())
    said = {"at once": None, "2 such windows": "5m"}
    for name, alarm in alarms().items():
        _, lasts, _ = rows[name]
        shown = said[lasts] if lasts in said else re.sub(r" (.)\w+$", r"\1", lasts)
        assert shown == alarm.get("for"), name


class Template(yaml.SafeLoader):
    """Reads CloudFormation's own tags as what stands in them."""


Template.add_multi_constructor("!", lambda _, __, node: getattr(node, "value", None))


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, object]]:
    read = yaml.load((ROOT / "infra/watch.yaml").read_text(encoding="utf-8"), Loader=Template)
    assert read["Parameters"]["SlowSeconds"]["Default"] == 0.5
    assert read["Parameters"]["OldestSeconds"]["Default"] == 604800
    return {name: resource["Properties"] for name, resource in read["Resources"].items()}


def test_those_that_cloudwatch_has_too_have_its_thresholds(
    resources: dict[str, dict[str, object]],
) -> None:
    named = {name: cloudwatch for name, (_, _, cloudwatch) in table().items() if cloudwatch != "–"}
    assert set(named.values()) == set(resources)
    ours = {name: alarm["expr"] for name, alarm in alarms().items()}
    thresholds = {"Slow": 0.5, "ReleaseOld": 604800}
    for name, cloudwatch in named.items():
        threshold = thresholds.get(name, resources[cloudwatch]["Threshold"])
        compared = "== 0" if cloudwatch == "UnhealthyHost" else f"> {threshold}"
        assert re.search(rf"{re.escape(compared)}(?![\d.])", ours[name]), name
    held = resources["UnhealthyHost"]
    minutes = int(str(held["Period"])) * int(str(held["EvaluationPeriods"])) // 60
    assert {alarms()[name]["for"] for name in ("Down", "NotReady")} == {f"{minutes}m"}
    errors = resources["ServerErrors"]
    assert alarms()["ServerErrors"]["for"] == f"{errors['EvaluationPeriods']}m"
    # Two windows of five minutes: the second one, whole, ends five minutes after the first.
    assert (resources["Slow"]["Period"], resources["Slow"]["EvaluationPeriods"]) == (300, 2)
    for name in ("Refused", "LogNotWritten"):
        assert resources[named[name]]["Period"] == 300
        assert "[5m]" in ours[name]
    assert f'reason=~"{"|".join(OVERLOAD)}"' in ours["Refused"]
    assert COUNTS["Refused"][1] == {"reason": OVERLOAD}


def test_the_files_that_the_docs_name_are_there() -> None:
    text = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    section = text.partition("\n## A Prometheus of your own\n")[2].partition("\n## ")[0]
    named = re.findall(r"`((?:targets/)?\w+\.yml|grafana/)`", section)
    there = [*WATCH.glob("*.yml"), *WATCH.glob("targets/*.yml"), WATCH / "grafana"]
    assert {WATCH / name for name in named} == set(there)
