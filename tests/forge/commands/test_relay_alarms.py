"""`python -m forge relay-alarms`, typed: from the webhook to those told, no address printed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from forge.alarms.message import message_of
from forge.commands.relay_alarms import teller
from release_format.secrets.secret import Secret
from tests.conftest import ROOT
from tests.forge.alarms.posted import alert, posted
from tests.forge.conftest import Forge
from tests.forge.sinks import Sink, sink, write_certificate

JSON = {"Content-Type": "application/json"}
# In the form in which Slack and Teams give them out; nobody signed the sink's certificate.
SLACK = f"slack://T1JJ3T3L2/A1BRTD4JD/{'x' * 24}/?verify=no"
TEAMS = f"workflows://prod-1.westeurope.logic.azure.com/{'a' * 32}/{'s' * 43}/?verify=no"
HOSTILE = alert(summary="prod <!channel> & <b>x</b>", runbook="docs/runbook.md#down")


@contextmanager
def listening(addresses: str, **more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The verb on a free port; yields where alarms are posted."""
    process = subprocess.Popen(
        [sys.executable, "-m", "forge", "relay-alarms", "--listen", "127.0.0.1:0"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={"FORGE_NOTIFY": addresses, "SEARCHBAR_LOG": "/dev/null", **more},
    )
    assert process.stderr
    try:
        said = process.stderr.readline()
        found = re.search(r"http://\S+/alarms", said)
        assert found, said + process.stderr.read()
        yield found[0], process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sink, str]:
    """What took an alarm and its end, and what was said; the program stopped when it was told to.

    A proxy on loopback stands before the servers of Slack and Teams, and takes their place.
    """
    certificate = write_certificate(tmp_path_factory.mktemp("tls") / "sink.pem")
    with sink(certificate) as taken:
        proxy = {"HTTPS_PROXY": f"http://127.0.0.1:{taken.port}"}
        ours = f"json://127.0.0.1:{taken.port}/secret-path json://127.0.0.1:9/secret-path"
        with listening(f"{ours} {SLACK} {TEAMS}", **proxy) as (address, process):
            for body in (posted(HOSTILE), posted(alert("resolved"))):
                answer = httpx.post(address, content=body, headers=JSON, timeout=300)
                assert answer.status_code == 200
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
        assert process.returncode == 0
    return taken, said


def sent_to(told: tuple[Sink, str], place: str) -> list[dict[str, Any]]:
    taken, _ = told
    pairs = zip(taken.places, taken.bodies, strict=True)
    return [json.loads(body) for where, body in pairs if place in where]


def test_alarms_and_their_end_reach_the_addresses(told: tuple[Sink, str]) -> None:
    titles = [message["title"] for message in sent_to(told, "/secret-path")]
    assert titles == ["firing: Down prod", "resolved: Down prod"]


def test_every_message_is_said_and_no_address(told: tuple[Sink, str]) -> None:
    _, said = told
    assert "prod a: no server answers Prometheus" in said
    assert said.count("address did not take the message") == 2
    for secret in ("secret-path", "x" * 24, "s" * 43):
        assert secret not in said


def test_slack_is_told_in_its_form_without_mentions(told: tuple[Sink, str]) -> None:
    first, second = sent_to(told, "hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/xx")
    (attachment,) = first["attachments"]
    assert attachment["title"] == "firing: Down prod"
    assert "prod &lt;!channel&gt; &amp; &lt;b&gt;x" in attachment["text"]
    assert "<" not in attachment["text"]
    assert second["attachments"][0]["title"] == "resolved: Down prod"


def test_teams_is_told_by_a_card_in_which_plain_text_stays_so(told: tuple[Sink, str]) -> None:
    first, _ = sent_to(told, "prod-1.westeurope.logic.azure.com")
    assert first["type"] == "message"
    (card,) = first["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    texts = [part.get("text", "") for part in card["content"]["body"]]
    assert "firing: Down prod" in texts
    assert r"<\!channel\> & <b\>" in texts[-1]
    assert texts[-1].replace("\\", "").endswith("What to do: docs/runbook.md#down")


def test_what_no_address_takes_is_told_by_no_and_without_addresses_the_console_is_enough(
    capfd: pytest.CaptureFixture[str],
) -> None:
    message = message_of(posted(alert()))
    assert not teller(Secret("json://127.0.0.1:9/secret-path"))(message)
    assert teller(Secret(""))(message)
    said = capfd.readouterr().err
    assert said.count("firing: Down prod") == 2
    assert "secret-path" not in said


@pytest.mark.parametrize("listen", ["9095", "127.0.0.1:", ":9095", "127.0.0.1:x", "1.2.3.4:99999"])
def test_an_address_that_is_none_is_refused(forge: Forge, listen: str) -> None:
    refused = forge("relay-alarms", "--listen", listen)
    assert refused.returncode == 2
    assert "give an address and a port" in refused.stderr


def test_a_port_that_is_taken_is_refused(forge: Forge) -> None:
    with sink() as taken:
        refused = forge("relay-alarms", "--listen", f"127.0.0.1:{taken.port}")
    assert refused.returncode == 2
    assert "Give another --listen" in refused.stderr
