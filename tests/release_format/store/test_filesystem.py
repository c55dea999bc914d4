"""File systems behind addresses: what is not installed, or not known, is told with what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from release_format.seal import FormatError
from release_format.store.filesystem import filesystem_of, open_text
from release_format.store.locate import open_store
from tests.conftest import ROOT

# `searchbar VERB` in a Python that has not got some module.
WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({missing!r}))
from release_format.cli import run_program
from searchbar.__main__ import main
sys.exit(run_program("searchbar", main, {words!r}))
"""


@pytest.mark.parametrize("missing", [["s3fs"], ["fsspec"], ["aiobotocore"]])
def test_a_bucket_without_its_library_says_which_image_has_it(missing: list[str]) -> None:
    words = ["releases", "--store", "s3://bucket/store"]
    code = WITHOUT.format(missing=missing, words=words)
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True)
    assert ended.returncode == 3, ended.stderr
    assert "s3:// needs a library that is not installed here" in ended.stderr
    for way in ("`make image TARGET=batch`", "`make setup`", "pip install '.[serve,batch]'"):
        assert way in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_another_kind_of_bucket_names_its_own_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(FormatError, match=r"gs:// needs .*gcsfs.*Install it here\.$") as refused:
        open_store("gs://bucket/store")
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("address", ["nosuch://x/y", "s3 ://x", "\x1b[2J://x", f"{'a' * 999}://x"])
def test_a_scheme_that_nothing_reads_is_refused(address: str) -> None:
    with pytest.raises(FormatError, match="nothing here reads") as refused:
        open_store(address)
    assert refused.value.exit_code == 2
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 2_500


def test_a_file_is_read_as_text_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "a b?#.jsonl"
    path.write_bytes("é\nb\n".encode())
    with open_text(str(path)) as file:
        assert list(file) == ["é\n", "b\n"]
    path.write_bytes(b"\xff\n")
    with open_text(str(path)) as file, pytest.raises(UnicodeDecodeError):
        list(file)
    with pytest.raises(FileNotFoundError):
        open_text(str(tmp_path / "nothing"))


def test_a_folder_is_a_file_system_too(tmp_path: Path) -> None:
    _, path = filesystem_of(str(tmp_path))
    assert path == str(tmp_path)
