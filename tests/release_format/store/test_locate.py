"""Which store an address, the setting and the default name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from release_format.store.bucket import Bucket
from release_format.store.folder import Folder
from release_format.store.locate import open_store


def root(store: object) -> Path:
    assert isinstance(store, Folder)
    return store.root


def test_an_address_comes_before_the_setting_and_that_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHBAR_STORE", str(tmp_path / "set"))
    assert root(open_store(tmp_path / "given")) == tmp_path / "given"
    assert root(open_store()) == tmp_path / "set"
    assert root(open_store("")) == tmp_path / "set"
    monkeypatch.delenv("SEARCHBAR_STORE")
    assert root(open_store()) == Path("var/store")


def test_an_address_with_a_scheme_is_a_bucket() -> None:
    assert isinstance(open_store("memory://bucket/prefix"), Bucket)


def test_a_folder_needs_no_fsspec() -> None:
    code = (
        "import sys; from release_format.store.locate import open_store; open_store('x')\n"
        "print('fsspec' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
