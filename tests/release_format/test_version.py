"""The version stands in one place, and is told from there."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from index_builder.request.release_id import building_code, digest_of_builder
from release_format import version as module
from release_format.version import PYPROJECT, UNKNOWN, version


@pytest.fixture(autouse=True)
def _looked_up_anew() -> Iterator[None]:
    version.cache_clear()
    yield
    version.cache_clear()


def missing(name: str) -> str:
    raise metadata.PackageNotFoundError(name)


def test_a_checkout_tells_its_own_version_even_beside_another_that_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "99.0")
    written = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
    assert version() == written


@pytest.mark.parametrize(
    "text",
    [None, "", "[project", '[project]\nname = "searchbar"', '[project]\nname = "x"\nversion = "7"'],
)
def test_elsewhere_the_installed_one_is_told(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other people's wheels leave a pyproject.toml in site-packages, too."""
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    monkeypatch.setattr(module, "PYPROJECT", tmp_path / "pyproject.toml")
    monkeypatch.setattr(metadata, "version", lambda _: "3.2.1")
    assert version() == "3.2.1"
    version.cache_clear()
    monkeypatch.setattr(metadata, "version", missing)
    assert version() == UNKNOWN


def test_another_version_alone_is_no_other_builder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every release would get another id, and nothing in it would have changed."""
    assert PYPROJECT not in building_code()
    before = digest_of_builder()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "searchbar"\nversion = "9.9"')
    monkeypatch.setattr(module, "PYPROJECT", tmp_path / "pyproject.toml")
    assert (version(), digest_of_builder()) == ("9.9", before)
