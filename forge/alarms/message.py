"""A message for people, of what Alertmanager posts to a webhook (version 4 of its format)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from release_format.progress import printable
from release_format.untrusted_json import parse_json

MOST_ALARMS, LONGEST = 20, 300
FIRING, RESOLVED = "firing", "resolved"


@dataclass(frozen=True)
class AlarmMessage:
    """The title and text of one group of alarms."""

    title: str
    text: str


def message_of(body: bytes) -> AlarmMessage:
    """Read what was posted: untrusted, and cut to what a person reads.

    Raises:
        ValueError: it is not what Alertmanager posts.
    """
    posted = parse_json(body)
    alarms = posted.get("alerts") if isinstance(posted, dict) else None
    if not isinstance(alarms, list) or not alarms:
        raise ValueError("it holds no list of alerts")
    if any(
        not isinstance(alarm, dict) or alarm.get("status") not in tuple(WHEN) for alarm in alarms
    ):
        raise ValueError(f"an alert's status is not {FIRING} or {RESOLVED}")
    more = posted.get("truncatedAlerts")
    unseen = more if isinstance(more, int) and 0 < more < 10**6 else 0
    return AlarmMessage(_title(_texts(posted, "groupLabels"), alarms), _text(alarms, unseen))


# What tells when an alarm began, or ended.
WHEN = {FIRING: ("since", "startsAt"), RESOLVED: ("at", "endsAt")}


def _title(group: Mapping[str, str], alarms: Sequence[Mapping[str, Any]]) -> str:
    """`firing: Slow prod`; of several the numbers, too: `1 firing, 2 resolved: Slow prod`."""
    numbers = {status: sum(alarm["status"] == status for alarm in alarms) for status in WHEN}
    said = [
        status if len(alarms) == 1 else f"{number} {status}"
        for status, number in numbers.items()
        if number
    ]
    return f"{', '.join(said)}: {' '.join(group.values()) or 'alarms'}"


def _text(alarms: Sequence[Mapping[str, Any]], unseen: int) -> str:
    shown = alarms[:MOST_ALARMS]
    lines = [_line(alarm) for alarm in shown]
    if left := len(alarms) - len(shown) + unseen:
        lines.append(f"and {left} more")
    runbooks = {_texts(alarm, "annotations").get("runbook", ""): None for alarm in shown}
    lines += [f"What to do: {runbook}" for runbook in runbooks if runbook]
    return "\n".join(lines)


def _line(alarm: Mapping[str, Any]) -> str:
    word, key = WHEN[alarm["status"]]
    moment = _plain(str(alarm.get(key, "")).partition(".")[0])
    summary = _texts(alarm, "annotations").get("summary", "")
    named = " ".join(f"{name}={value}" for name, value in _texts(alarm, "labels").items())
    return f"{alarm['status']} {word} {moment}: {summary or named[:LONGEST] or 'no word of what'}"


def _texts(of: Mapping[str, Any], key: str) -> dict[str, str]:
    """The texts of a table, each one plain line; whatever else stands there is left out."""
    table = of.get(key)
    if not isinstance(table, dict):
        return {}
    return {_plain(name): _plain(text) for name, text in table.items() if isinstance(text, str)}


def _plain(text: str) -> str:
    # A lone surrogate is text to JSON, and to nobody who sends it on.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return printable(" ".join(text.split()))[:LONGEST]
