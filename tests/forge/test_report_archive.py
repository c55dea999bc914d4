"""What a pull request left is unpacked within bounds, or refused; nothing lands elsewhere."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.hosting.report_archive import MOST_BYTES, MOST_FILES
from forge.hosting.report_archive import unpack as unpack_archive
from forge.reports import LARGEST, read_reports
from tests.forge.workflow_runs.archives import VERDICT, link, reports, zipped


def unpack(content: bytes, folder: Path, below: str = "") -> None:
    unpack_archive(io.BytesIO(content), folder, below)


def inside(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_reports_are_unpacked_and_the_rest_stays(tmp_path: Path) -> None:
    packed = {"compare/search-diff.md": "### diff", "page.html": "<p>", "data/rows.parquet": "1"}
    unpack(reports(7, "a" * 40, **packed), tmp_path)
    assert inside(tmp_path) == ["change.json", "compare/search-diff.md", "data-verdict.json"]
    assert [verdict.gate for verdict in read_reports(tmp_path).verdicts] == ["data"]


def test_a_giant_stays_in_the_archive_as_it_would_where_reports_are_read(tmp_path: Path) -> None:
    giant = "0" * (LARGEST + 1)
    unpack(reports(7, "a" * 40, **{"compare.json": giant, "compare.md": "### diff"}), tmp_path)
    assert inside(tmp_path) == ["change.json", "compare.md", "data-verdict.json"]


def test_what_lies_elsewhere_in_an_archive_is_passed_over(tmp_path: Path) -> None:
    kept = (("var/reports/deep/fine.md", "fine"), ("var/reports/program.py", "x"))
    others = (("/var/reports/root.md", "x"), ("var/line/re lease", "x"), ("../out.md", "x"))
    unpack(zipped(*kept, *others), tmp_path / "in", "var/reports/")
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()] == [
        "in/deep/fine.md"
    ]
    with pytest.raises(ForgeError, match="no plain name"):
        unpack(zipped(("var/reports/../../../out.md", "x")), tmp_path / "in", "var/reports/")


HOSTILE = {
    "a path upwards": (zipped(("../escaped.md", "x")), "no plain name"),
    "a path upwards from within": (zipped(("a/../../escaped.md", "x")), "no plain name"),
    "an absolute path": (zipped(("/tmp/escaped.md", "x")), "no plain name"),
    "a path of Windows": (zipped(("..\\escaped.md", "x")), "no plain name"),
    "a hidden file": (zipped((".git/config.md", "x")), "no plain name"),
    "a name with a line's end": (zipped(("a\n.md", "x")), "no plain name"),
    "a name of other signs": (zipped(("a\u202ecod.md", "x")), "no plain name"),
    "a name without end": (zipped((f"{'a' * 5000}.md", "x")), "no plain name"),
    "folders without end": (zipped((f"{'a/' * 50}a.md", "x")), "no plain name"),
    "a path upwards of another kind": (zipped(("../escaped.html", "x")), "no plain name"),
    "a link": (link("link.md", "/etc/passwd"), "is a link"),
    "a link of a folder": (link("folder", "/etc"), "is a link"),
    "many that are too large": (
        zipped(*((f"{n}.md", b"0" * LARGEST) for n in range(MOST_BYTES // LARGEST + 1))),
        "too large",
    ),
    "too many": (zipped(*((f"{n}.md", "") for n in range(MOST_FILES + 1))), "at most 1000"),
    "no archive": (b"<html>a proxy's page</html>", "BadZipFile"),
    "nothing": (b"", "BadZipFile"),
    "the half of one": (reports(7, "a" * 40)[:-40], "BadZipFile"),
    "a file where a folder is": (zipped(("a.md", "x"), ("a.md/b.md", "x")), "Error"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_is_refused(tmp_path: Path, case: str) -> None:
    content, reason = HOSTILE[case]
    (folder := tmp_path / "a/b").mkdir(parents=True)
    with pytest.raises(ForgeError, match=reason) as caught:
        unpack(content, folder)
    assert "Nothing was written" in str(caught.value)
    assert [p for p in tmp_path.rglob("*") if folder not in p.parents and p.is_file()] == []


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = zipped(("a.md", "x"), ("a.md", "y"))
    with pytest.raises(ForgeError, match="FileExistsError"):
        unpack(content, tmp_path)


def test_what_it_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    content = bytearray(zipped(("a.md", b"0" * 3 * LARGEST)))
    told = (3 * LARGEST).to_bytes(4, "little")
    while (place := content.find(told)) >= 0:
        content[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(ForgeError):
        unpack(bytes(content), tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) <= LARGEST


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.integers(0, 60),
)
def test_any_damage_is_read_within_bounds_or_refused(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]], cut: int
) -> None:
    content = bytearray(zipped(("data.json", VERDICT), ("a/b.md", "text" * 30)))
    for place, byte in damage:
        content[place % len(content)] = byte
    folder = tmp_path_factory.mktemp("damaged")
    try:
        unpack(bytes(content[: len(content) - cut]), folder)
    except ForgeError:
        return
    assert all(path.suffix in (".json", ".md") for path in folder.rglob("*") if path.is_file())


def test_a_locked_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(("a.md", "x")))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + flags] |= 1
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        assert archive.infolist()[0].flag_bits & 1
    with pytest.raises(ForgeError, match="RuntimeError"):
        unpack(bytes(content), tmp_path)
