"""Which settings a slot may be started with, and that none of them shows itself."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.hosts import Environment, Host
from deployer.settings.difference import SettingsDifference
from deployer.settings.slot_settings import ITS_OWN, LONGEST, checked
from deployer.slot_container import run_arguments
from release_format.config.registry import settings_in
from release_format.config.server import ServerSettings
from release_format.config.table import ConfigError

SECRET = "a-key-of-16-letters-and-more"


def test_values_are_given_and_never_shown() -> None:
    slot = checked([("SEARCHBAR_TITLE", "Shop"), ("SEARCHBAR_KEY", f"{SECRET}\r\n")], "here")
    assert slot.reveal() == {"SEARCHBAR_KEY": SECRET, "SEARCHBAR_TITLE": "Shop"}
    assert slot.names == ["SEARCHBAR_KEY", "SEARCHBAR_TITLE"]
    assert SECRET not in f"{slot} {slot!r} {asdict(slot)}"
    assert "Shop" not in f"{slot!r}"


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("SEARCHBAR_KYE", SECRET, r"'SEARCHBAR_KYE' is no setting .* Did you mean 'SEARCHBAR_KEY'"),
        ("PATH", SECRET, "'PATH' is no setting of the server"),
        ("SEARCHBAR_SOURCE", SECRET, "'SEARCHBAR_SOURCE' is no setting of the server"),
        ("FORGE_TOKEN", SECRET, "'FORGE_TOKEN' is no setting of the server"),
        ("", SECRET, "'' is no setting of the server"),
        ("SEARCHBAR_THREADS", "many", "SEARCHBAR_THREADS must be a whole number"),
        ("SEARCHBAR_KEY_FOR", "all", "closes the search to the traffic gate"),
        ("SEARCHBAR_KEY", f"{SECRET}\nSEARCHBAR_TITLE=x", r"SEARCHBAR_KEY holds '\\n'"),
        ("SEARCHBAR_TITLE", "a\x00b", r"SEARCHBAR_TITLE holds '\\x00'"),
        ("SEARCHBAR_TITLE", "a\ud800", r"SEARCHBAR_TITLE holds '\\ud800'"),
        ("SEARCHBAR_TITLE", "a\u2028b", r"SEARCHBAR_TITLE holds '\\u2028'"),
        ("SEARCHBAR_KEY", "x" * (LONGEST + 1), "SEARCHBAR_KEY is longer than 32,768 bytes"),
    ],
)
def test_what_a_server_would_not_start_with_is_refused(name: str, value: str, refusal: str) -> None:
    with pytest.raises(ConfigError, match=f"^ssm:/a/: {refusal}|^ssm:/a/: .*{refusal}") as refused:
        checked([(name, value)], "ssm:/a/")
    assert SECRET not in str(refused.value)
    assert "xxx" not in str(refused.value)


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"SEARCHBAR_KEY stands twice. Take one out"):
        checked([("SEARCHBAR_KEY", SECRET), ("SEARCHBAR_KEY", SECRET)], "here")


def test_what_the_deployer_sets_is_nobody_elses() -> None:
    """All of it: whatever the command line of a slot sets is refused in its settings."""
    environment = Environment("stage", (Host("h", "192.0.2.1"),))
    words = run_arguments(environment, "/srv/s", "blue", "r", "i")
    told = [words[place + 1].partition("=")[0] for place, w in enumerate(words) if w == "--env"]
    told += [f"SEARCHBAR_{word[2:].upper()}" for word in words if word in ("--host", "--port")]
    assert set(told) == set(ITS_OWN)
    for name in told:
        with pytest.raises(ConfigError, match=f"the deployer sets {name}. .* Take it out"):
            checked([(name, "1")], "here")


def test_every_other_setting_of_the_server_may_be_given() -> None:
    for setting in settings_in(ServerSettings):
        if setting.variable not in ITS_OWN:
            assert checked([(setting.variable, setting.default)], "here").names


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_a_value_arrives_as_it_is_or_is_refused(text: str) -> None:
    try:
        slot = checked([("SEARCHBAR_KEY", text)], "here")
    except ConfigError:
        assert any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029" for c in text)
    else:
        assert slot.reveal() == {"SEARCHBAR_KEY": text.rstrip("\r\n")}


def test_a_difference_is_told_by_names() -> None:
    told = SettingsDifference.of({"added": ["A"], "changed": ["B", "C"], "gone": [], "known": True})
    assert told.sentence() == "new: A; changed: B, C"
    assert told
    assert not SettingsDifference.of({"added": [], "changed": [], "gone": []})
    assert SettingsDifference().sentence() == "as before"
    assert SettingsDifference.of({"known": False})
    assert "nobody knows" in SettingsDifference(is_known=False).sentence()
