"""What Alertmanager 0.25 posts, as it was written down from a real one."""

from __future__ import annotations

import json
from typing import Any

NEVER = "0001-01-01T00:00:00Z"


def alert(status: str = "firing", host: str = "a", **annotations: str) -> dict[str, Any]:
    said = annotations or {
        "summary": f"prod {host}: no server answers Prometheus.",
        "runbook": "docs/runbook.md#down",
    }
    return {
        "status": status,
        "labels": {"alertname": "Down", "environment": "prod", "host": host, "severity": "page"},
        "annotations": said,
        "startsAt": "2026-11-30T18:00:00.123Z",
        "endsAt": "2026-11-30T18:05:00.456Z" if status == "resolved" else NEVER,
        "generatorURL": "http://here:9090/graph",
        "fingerprint": "f7c2a4",
    }


def posted(*alerts: dict[str, Any], **more: Any) -> bytes:
    body = {
        "receiver": "people",
        "status": "firing",
        "alerts": alerts,
        "groupLabels": {"alertname": "Down", "environment": "prod"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://here:9093",
        "version": "4",
        "groupKey": '{}:{alertname="Down"}',
        "truncatedAlerts": 0,
        **more,
    }
    return json.dumps(body).encode()
