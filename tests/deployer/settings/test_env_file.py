"""A local file of settings, as people write one."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.hosts import Environment, Host
from deployer.settings.source import read_slot_settings
from release_format.config.table import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prod.env"
    path.touch(0o600)
    return path


def of(file: Path) -> dict[str, str]:
    environment = Environment("prod", (Host("h", "192.0.2.1"),), settings=f"file:{file}")
    return read_slot_settings(environment).reveal()


def test_lines_are_names_and_values(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(
        b"\xef\xbb\xbf# the shop's\r\n\r\n  SEARCHBAR_TITLE=A = B # no comment\r\n"
        b"SEARCHBAR_KEY=a#b=c'\"$X `id`\xc3\xa4\n\t# another\nSEARCHBAR_IMAGES="
    )
    assert of(file) == {
        "SEARCHBAR_TITLE": "A = B # no comment",
        "SEARCHBAR_KEY": "a#b=c'\"$X `id`ä",
        "SEARCHBAR_IMAGES": "",
    }
    assert "can read it" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("SEARCHBAR_TITLE=x\nhunter2 hunter2\n", "line 2: there is no =. Write NAME=value"),
        ('SEARCHBAR_KEY="hunter2"', "line 1: the value of 'SEARCHBAR_KEY' stands in quotes"),
        ("SEARCHBAR_KEY='hunter2'", "stands in quotes"),
        ("export SEARCHBAR_KEY=hunter2", "'export SEARCHBAR_KEY' is no setting"),
        ("SEARCHBAR_KEY =hunter2", "'SEARCHBAR_KEY ' is no setting"),
        ("SEARCHBAR_KEY=hunter2\nSEARCHBAR_KEY=hunter2", "SEARCHBAR_KEY stands twice"),
        ("# nothing\n", "holds no setting. Write lines NAME=value into it"),
        ("SEARCHBAR_KEY=hunter2\x1b[2J", r"SEARCHBAR_KEY holds '\\x1b'"),
    ],
)
def test_what_is_no_such_line_is_refused_without_showing_it(
    file: Path, text: str, refusal: str
) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=refusal) as refused:
        of(file)
    assert "hunter2" not in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(file: Path) -> None:
    file.write_bytes(b"SEARCHBAR_TITLE=\xff")
    with pytest.raises(ConfigError, match=r"it is no UTF-8\). Mend the path"):
        of(file)
    with pytest.raises(ConfigError, match=r"No such file or directory\). Mend the path"):
        of(file.with_name("stage.env"))
    with pytest.raises(ConfigError, match="Is a directory"):
        of(file.parent)


def test_a_key_that_others_can_read_is_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("SEARCHBAR_KEY=hunter2\n")
    file.chmod(0o640)
    assert of(file)
    said = capsys.readouterr().err
    assert f"Type `chmod 600 {file}`" in said
    assert "hunter2" not in said
    file.write_text("SEARCHBAR_TITLE=no secret\n")
    assert of(file)
    assert "chmod" not in capsys.readouterr().err


def test_an_environment_without_a_source_sets_nothing() -> None:
    assert not read_slot_settings(Environment("prod", (Host("h", "192.0.2.1"),)))
