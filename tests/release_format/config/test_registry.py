"""The registry: every setting read once, whatever is not in it refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from release_format.config.forge import ForgeSettings
from release_format.config.line import LineSettings
from release_format.config.page import PAGE, rendered
from release_format.config.registry import (
    GROUPS,
    check_environment,
    help_text,
    read_settings,
    settings_in,
)
from release_format.config.server import ServerSettings
from release_format.config.table import ConfigError

EVERY = [setting for group in GROUPS for setting in settings_in(group.kind)]


def test_what_is_not_set_is_the_default() -> None:
    assert read_settings(ServerSettings, {}) == ServerSettings()
    assert read_settings(LineSettings, {"HOME": "/root"}).store == "var/store"
    assert read_settings(ForgeSettings, {}).reports == Path("var/reports")


def test_no_variable_stands_twice_and_each_has_a_sentence_and_a_reader() -> None:
    assert len({setting.variable for setting in EVERY}) == len(EVERY)
    for setting in EVERY:
        assert setting.sentence.endswith(".") or setting.sentence.endswith(")"), setting.variable
        assert setting.read_by, setting.variable


@pytest.mark.parametrize("default", [s for s in EVERY if s.default and not s.is_secret])
def test_a_default_can_be_written_out(default: object) -> None:
    setting = next(setting for setting in EVERY if setting is default)
    kind = next(g.kind for g in GROUPS if setting in settings_in(g.kind))
    assert read_settings(kind, {setting.variable: setting.default}) == read_settings(kind, {})


@pytest.mark.parametrize(
    "name", ["SEARCHBAR_RATE_LIMIT", "SEARCHBAR_PROT", "SEARCHBAR_", "FORGE_TOKN", "FORGE_X"]
)
@pytest.mark.parametrize("kind", [ServerSettings, LineSettings, ForgeSettings])
def test_a_name_that_no_program_knows_is_refused_by_every_program(kind: type, name: str) -> None:
    with pytest.raises(ConfigError, match=f"'{name}' is no setting") as refused:
        read_settings(kind, {name: "1"})
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("setting", EVERY, ids=lambda setting: setting.variable)
def test_what_one_program_reads_another_lets_be(setting: object) -> None:
    variable = next(s.variable for s in EVERY if s is setting)
    others = [g.kind for g in GROUPS if variable not in {s.variable for s in settings_in(g.kind)}]
    for kind in others:
        assert read_settings(kind, {variable: "x"}) == read_settings(kind, {})


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("SEARCHBAR_PORT", "many", "SEARCHBAR_PORT must be a whole number, not 'many'"),
        ("SEARCHBAR_PORT", "70000", "at most 65535"),
        ("SEARCHBAR_PORT", "tcp://10.0.0.1:80", "a whole number"),
        ("SEARCHBAR_QUEUE", "-1", "at least 0"),
        ("SEARCHBAR_BATCH", "0", "at least 1"),
        ("SEARCHBAR_FEEDBACK", "perhaps", "yes or no"),
        ("SEARCHBAR_VERIFY", "perhaps", "one of 'full' or 'sizes'"),
        ("SEARCHBAR_KEY_FOR", "al", "Did you mean 'all'"),
        ("SEARCHBAR_ADDRESS", "search.example", "Give one like https://search.example/"),
        ("FORGE_REPOSITORY", "name", "owner/name"),
        ("FORGE_AUTO_MERGE", "sometimes", "yes or no"),
        ("FORGE_AUTO_MERGE", "true", "must be yes or no, not 'true'"),
        ("SEARCHBAR_FEEDBACK", "2", "must be yes or no, not '2'"),
        ("SEARCHBAR_BATCH", f"1{'0' * 5000}", "must be a number of fewer digits"),
        ("SEARCHBAR_QUEUE", f"1{'0' * 400}", "must be at most 1000000000"),
        ("SEARCHBAR_TITLE", "Search\x1b[31m", "has the control character '\\x1b'. Leave it out."),
        ("SEARCHBAR_IMAGES", "https:\r\nx: y", "has the control character '\\r'"),
        ("FORGE_GIVE_UP", "0", "above 0"),
        ("FORGE_ENCODE_RATE", "nan", "a finite number"),
        ("FORGE_TOKEN_FILE", "/nowhere/at/all", "FORGE_TOKEN_FILE: /nowhere/at/all cannot be read"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(
    variable: str, value: str, sentence: str
) -> None:
    kind = ForgeSettings if variable.startswith("FORGE_") else ServerSettings
    with pytest.raises(ConfigError, match=variable) as refused:
        read_settings(kind, {variable: value})
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SEARCHBAR_PROT", "Did you mean 'SEARCHBAR_PORT'?"),
        ("SEARCHBAR_BACTH", "Did you mean 'SEARCHBAR_BATCH'?"),
        ("FORGE_TOKN", "Did you mean 'FORGE_TOKEN'?"),
        ("SEARCHBAR_RATE_LIMIT", "Known: SEARCHBAR_HOST, SEARCHBAR_PORT,"),
    ],
)
def test_only_what_is_like_a_name_is_named(name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_environment({name: "1"})
    assert str(refused.value).startswith(f"in the environment, '{name}' is no setting. {hint}")


def test_empty_counts_as_not_set_but_where_empty_means_none() -> None:
    empty = dict.fromkeys((s.variable for s in settings_in(ServerSettings)), "")
    settings = read_settings(ServerSettings, empty)
    assert settings == ServerSettings(trusted_proxies="", images="")


def test_secrets_come_from_a_file_and_never_show(tmp_path: Path) -> None:
    (file := tmp_path / "token").write_text("\ufefftop-secret-token\n", encoding="utf-8")
    settings = read_settings(ForgeSettings, {"FORGE_TOKEN_FILE": str(file)})
    assert settings.token.reveal() == "top-secret-token"
    assert "top-secret" not in repr(settings)
    both = {"FORGE_TOKEN": "own", "FORGE_TOKEN_FILE": str(file)}
    assert read_settings(ForgeSettings, both).token.reveal() == "own"
    file.write_text("")
    assert not read_settings(ForgeSettings, {"FORGE_TOKEN_FILE": str(file)}).token


def test_the_help_shows_every_setting() -> None:
    text = help_text(ServerSettings)
    assert all(setting.variable in text for setting in settings_in(ServerSettings))


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for LineSettings"):
        rendered("<!-- ServerSettings -->\n<!-- end of ServerSettings -->")
    assert str(PAGE) == "docs/settings.md"


@pytest.mark.parametrize("program", ["data_checks", "index_builder", "searchbar", "deployer"])
def test_a_text_that_cannot_be_printed_is_refused_in_a_sentence(program: str) -> None:
    verb = {"data_checks": "diff a b", "index_builder": "ledger", "deployer": "status"}
    words = verb.get(program, "ask latest x").split()
    environment = {**os.environ, "SEARCHBAR_BY": "a\nb"}
    line = [sys.executable, "-m", program, *words]
    ended = subprocess.run(line, env=environment, capture_output=True, text=True)
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 2, ended.stderr
