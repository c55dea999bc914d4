"""Every expression that Prometheus evaluates for us: rules, panels, annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.monitoring.watch.programs import WATCH

BOARD = WATCH / "grafana/dashboards/searchbar.json"
# What Grafana puts in before it asks.
MACROS = {"$__rate_interval": "1m", "$environment": ".*"}
METRIC = re.compile(r"(?<![:\w])(?:searchbar|node|process)_\w+")


def board() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(BOARD.read_text(encoding="utf-8"))
    return read


def panels() -> list[dict[str, Any]]:
    """What shows something: not the headings of rows."""
    return [panel for panel in board()["panels"] if panel["type"] != "row"]


def rules() -> list[dict[str, Any]]:
    read = yaml.safe_load((WATCH / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in read["groups"] for rule in group["rules"]]


def alarms() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def asked(expression: str) -> str:
    """The expression as Grafana sends it."""
    for macro, text in MACROS.items():
        expression = expression.replace(macro, text)
    return expression


def of_board() -> Iterator[tuple[str, str]]:
    """Where it stands, and the expression."""
    for panel in panels():
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", asked(target["expr"])
    for annotation in board()["annotations"]["list"]:
        yield annotation["name"], asked(annotation["expr"])


def of_rules() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule.get("alert") or rule["record"], rule["expr"]


def names(expression: str) -> set[str]:
    """The metrics that it is about, but for those that a rule records."""
    return set(METRIC.findall(expression))
