"""What Alertmanager posts becomes one message that a person can read, whatever stands in it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge.alarms.message import AlarmMessage, message_of
from tests.forge.alarms.posted import alert, posted


def test_an_alarm_is_one_line_and_where_to_read_on() -> None:
    assert message_of(posted(alert())) == AlarmMessage(
        "firing: Down prod",
        "firing since 2026-11-30T18:00:00: prod a: no server answers Prometheus.\n"
        "What to do: docs/runbook.md#down",
    )


def test_what_is_over_says_so() -> None:
    message = message_of(posted(alert("resolved"), status="resolved"))
    assert message.title == "resolved: Down prod"
    assert message.text.startswith("resolved at 2026-11-30T18:05:00: prod a")


def test_a_group_is_one_message_with_its_numbers() -> None:
    message = message_of(posted(alert(), alert(host="b"), alert("resolved", host="c")))
    assert message.title == "2 firing, 1 resolved: Down prod"
    assert len(message.text.splitlines()) == 4
    assert message.text.count("What to do") == 1


def test_many_are_cut_and_counted() -> None:
    body = posted(*(alert(host=str(host)) for host in range(50)), truncatedAlerts=7)
    lines = message_of(body).text.splitlines()
    assert len(lines) == 22
    assert lines[20] == "and 37 more"


def test_one_without_a_summary_is_told_by_its_labels() -> None:
    message = message_of(posted(alert(description="other")))
    assert "alertname=Down environment=prod" in message.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"alerts": []}',
        b'{"alerts": "x"}',
        b'{"alerts": [1]}',
        b'{"alerts": [{}]}',
        b'{"alerts": [{"status": "pending"}]}',
        b'{"alerts": [{"status": ["firing"]}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_alarm_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        message_of(body)


def test_text_from_elsewhere_stays_on_its_line_and_is_cut() -> None:
    hostile = "a\nfiring since now: b\r\n\x1b[31m\u202ered\ud800 " + "x" * 5000
    message = message_of(posted(alert(summary=hostile, runbook=hostile)))
    assert len(message.text.splitlines()) == 2
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e\ud800]", message.text)
    assert len(message.text) < 1000


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "labels", "annotations", "summary", "startsAt", "x"]),
            inner | st.sampled_from(["firing", "resolved"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(alerts=st.lists(ANY, max_size=3), labels=ANY, more=ANY)
def test_any_json_is_a_message_or_refused(alerts: object, labels: object, more: object) -> None:
    body = {"alerts": alerts, "groupLabels": labels, "truncatedAlerts": more}
    try:
        message = message_of(json.dumps(body).encode())
    except ValueError:
        return
    assert "\n" not in message.title
    assert (message.title + message.text).encode()
