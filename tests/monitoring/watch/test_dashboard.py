"""The dashboard's JSON: what Grafana needs of each panel, and that all it asks for is told."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tests.monitoring.watch.expressions import BOARD, MACROS, board, names, of_board, panels
from tests.monitoring.watch.programs import WATCH, tool

SOURCE = {"const": {"type": "prometheus", "uid": "${datasource}"}}
TEXT = {"type": "string", "minLength": 3}
TARGET = {
    "type": "object",
    "required": ["refId", "datasource", "expr", "legendFormat"],
    "properties": {"datasource": SOURCE, "expr": TEXT, "refId": {"pattern": "^[A-Z]$"}},
}
PLACE = {"type": "integer", "minimum": 0, "maximum": 24}
PANEL = {
    "type": "object",
    "required": ["id", "type", "title", "description", "datasource", "gridPos", "targets"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "type": {"enum": ["timeseries", "stat"]},
        "title": TEXT,
        "description": {"type": "string", "pattern": r"^[A-Z0-9].+\.$"},
        "datasource": SOURCE,
        "gridPos": {
            "required": ["x", "y", "w", "h"],
            "properties": {"x": PLACE, "w": PLACE},
        },
        "fieldConfig": {
            "properties": {
                "defaults": {
                    "required": ["unit"],
                    "properties": {
                        "unit": {
                            "enum": [
                                *("short", "s", "bytes", "percentunit"),
                                *("reqps", "cpm", "dateTimeFromNow"),
                            ]
                        }
                    },
                }
            },
            "required": ["defaults"],
        },
        "targets": {"type": "array", "minItems": 1, "items": TARGET},
    },
}


def test_every_panel_has_what_grafana_needs() -> None:
    for panel in panels():
        jsonschema.validate(panel, PANEL)
    every = board()["panels"]
    for key in ("id", "title"):
        assert len({panel[key] for panel in every}) == len(every), key
    for panel in panels():
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs), panel["title"]


def area(panel: dict[str, Any]) -> set[tuple[int, int]]:
    at = panel["gridPos"]
    assert at["x"] + at["w"] <= 24, panel["title"]
    return {
        (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    }


def test_no_panel_lies_over_another() -> None:
    for one, other in combinations(board()["panels"], 2):
        assert not area(one) & area(other), (one["title"], other["title"])


def test_the_board_is_found_by_its_name_and_reads_the_source_that_is_provisioned() -> None:
    read = board()
    assert re.fullmatch(r"[a-z0-9-]{1,40}", read["uid"])
    variables = {variable["name"]: variable for variable in read["templating"]["list"]}
    assert set(variables) == {"datasource", "environment"}
    assert variables["datasource"]["query"] == "prometheus"
    sources = yaml.safe_load(
        (WATCH / "grafana/provisioning/datasources/prometheus.yml").read_text()
    )
    assert [source["type"] for source in sources["datasources"]] == ["prometheus"]
    providers = yaml.safe_load(
        (WATCH / "grafana/provisioning/dashboards/searchbar.yml").read_text()
    )
    (provider,) = providers["providers"]
    assert Path(provider["options"]["path"]).name == BOARD.parent.name


def test_rollouts_are_annotations_at_the_time_that_the_journal_has() -> None:
    (rollouts,) = board()["annotations"]["list"]
    assert rollouts["useValueForTime"] is True
    # Prometheus has seconds, Grafana milliseconds.
    assert re.fullmatch(r"searchbar_live_since_timestamp_seconds{.*} \* 1000", rollouts["expr"])
    assert rollouts["expr"] == rollouts["target"]["expr"]


def test_each_expression_parses(tmp_path: Path) -> None:
    """Put into rules, promtool reads them as Prometheus does."""
    rules = [
        {"record": f"panel:number:{number}", "expr": expression}
        for number, (_, expression) in enumerate(of_board())
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))
    checked = tool("promtool", "check", "rules", str(file))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout
    assert not [expression for _, expression in of_board() if "$" in expression]
    text = BOARD.read_text(encoding="utf-8")
    assert all(macro in text for macro in MACROS)


def test_every_metric_of_a_panel_is_in_a_live_server_s(live_metrics: str) -> None:
    told = set(re.findall(r"^(\w+)[{ ]", live_metrics, re.MULTILINE))
    for place, expression in of_board():
        assert names(expression), place
        assert names(expression) <= told, place


def test_what_servers_and_programs_tell_is_nearly_all_shown(live_metrics: str) -> None:
    """A metric that nobody shows is one that nobody looks at.

    Left out: wrong keys are among what was refused, how many values there are is no trouble, and
    how many questions drift was judged on is in its verdict.
    """
    told = set(re.findall(r"^# TYPE (searchbar_\w+)", live_metrics, re.MULTILINE))
    shown = set().union(*(names(expression) for _, expression in of_board()))
    unshown = {name for name in told if not any(metric.startswith(name) for metric in shown)}
    assert unshown == {
        "searchbar_wrong_keys_total",
        "searchbar_values_rows",
        "searchbar_drift_questions",
    }
