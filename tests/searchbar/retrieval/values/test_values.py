"""The file of values is read again when it changes, and an accident with it changes nothing."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from searchbar.retrieval.values import values as values_module
from searchbar.retrieval.values.table import read_table
from searchbar.retrieval.values.values import Values
from tests.searchbar.retrieval.values.made import Held, held


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return held(tmp_path_factory.mktemp("held"))


def prices(values: Values) -> list[float]:
    column = values.refresh().columns.values("price")
    assert column is not None
    return [float(price) for price in column[:3]]


OWN = [0.0, 10.5, 21.0]


def test_what_is_written_is_there_with_the_next_question(release: Held, tmp_path: Path) -> None:
    path = tmp_path / "values.csv"
    path.write_text("id,price\na-1,1\n")
    values = release.values(path)
    assert prices(values) == [0.0, 1.0, 21.0]
    for price in range(20):  # As fast as one can: the clock of a file system is coarser.
        path.write_text(f"id,price\na-2,{price:02}\n")
        assert prices(values) == [0.0, 10.5, price]
    path.write_text("")
    assert prices(values) == OWN
    assert values.state.to_json() is None


def test_a_file_that_was_read_is_not_read_again(
    release: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "values.csv"
    path.write_text("id,price\na-1,1\n")
    os.utime(path, (1, 1))
    values = release.values(path)
    before = values.state
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read again"))
    assert values.refresh() is before
    told = before.to_json()
    assert told
    assert told["written_at"] == "1970-01-01T00:00:01Z"
    assert told["age_s"] > 1e9


def test_a_file_that_is_only_touched_is_younger_and_no_other_state(
    release: Held, tmp_path: Path
) -> None:
    path = tmp_path / "values.csv"
    path.write_text("id,price\na-1,1\n")
    os.utime(path, (1, 1))
    values = release.values(path)
    os.utime(path, (5, 5))
    state = values.refresh()
    assert (state.number, state.written_at) == (1, 5.0)


BROKEN = {
    "no id": b"sku,price\na-1,1\n",
    "latin-1": "id,größe\n".encode("latin-1"),
    "utf-16 without its mark": "id,price\n".encode("utf-16-le"),
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0",
}


@pytest.mark.parametrize("kind", [*BROKEN, "vanished", "a folder", "too large"])
def test_an_accident_leaves_what_was_said_before_and_is_told_once(
    release: Held,
    tmp_path: Path,
    kind: str,
    server_log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "values.csv"
    path.write_text("id,price\na-1,1\n")
    monkeypatch.setattr(values_module, "LARGEST", 20)
    values = release.values(path)
    path.unlink()
    if kind in BROKEN:
        path.write_bytes(BROKEN[kind])
    elif kind == "a folder":
        path.mkdir()
    elif kind == "too large":
        path.write_bytes(b"id,price\na-1,1\na-2,1\n")
    for _ in range(3):
        assert prices(values) == [0.0, 1.0, 21.0]
    assert values.problem
    (told,) = [record.getMessage() for record in server_log.records]
    assert "what it said before still holds. Write it anew." in told
    if kind == "a folder":
        path.rmdir()
    path.write_text("id,price\na-1,2\n" if kind != "too large" else "id\na-1\n")
    assert prices(values)[1] == (2.0 if kind != "too large" else 10.5)
    assert not values.problem


@pytest.mark.parametrize("content", [None, *BROKEN.values()])
def test_a_server_starts_without_a_file_and_takes_it_when_it_comes(
    release: Held, tmp_path: Path, content: bytes | None, server_log: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "values.csv"
    if content is not None:
        path.write_bytes(content)
    values = release.values(path)
    assert prices(values) == OWN
    assert prices(values) == OWN
    missing = f"there is no file of values {path} yet; it is read once there is one."
    (told,) = [record.getMessage() for record in server_log.records]
    assert told == missing if content is None else "the release's own values hold" in told
    assert bool(values.problem) == (content is not None)
    path.write_text("id,price\na-1,1\n")
    assert prices(values) == [0.0, 1.0, 21.0]


def test_what_does_not_count_is_told_once_for_as_long_as_it_is_the_same(
    release: Held, tmp_path: Path, server_log: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "values.csv"
    values = release.values(path)
    for price in (1, 2, 3):
        path.write_text(f"id,price,title\na-1,{price},x\na-2,dear,x\nb-1,1,x\n,,\n")
        assert prices(values)[1] == price
    (told,) = [r.getMessage() for r in server_log.records if "in the file" in r.getMessage()]
    assert told.endswith(
        "1 columns are no number, boolean, date or keyword of this release ('title'); 1 of 3 ids"
        " are none of this release ('b-1'); 1 cells do not fit their columns; 1 lines are no"
        " rows. Its other values count; mend the file."
    )


def test_one_reads_and_others_go_on_with_the_state_before(
    release: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "values.csv"
    path.write_text("id,price\na-1,1\n")
    values = release.values(path)
    reading, read_on = threading.Event(), threading.Event()

    def slowly(*arguments: object) -> object:
        reading.set()
        assert read_on.wait(20)
        return read_table(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(values_module, "read_table", slowly)
    path.write_text("id,price\na-1,2\n")
    reader = threading.Thread(target=values.refresh)
    reader.start()
    assert reading.wait(20)
    started = time.monotonic()
    assert prices(values) == [0.0, 1.0, 21.0]
    assert time.monotonic() - started < 10  # It would wait for ever.
    read_on.set()
    reader.join()
    assert prices(values) == [0.0, 2.0, 21.0]


def test_the_number_of_states_goes_up_with_each_content(release: Held, tmp_path: Path) -> None:
    path = tmp_path / "values.csv"
    values = release.values(path)
    numbers = [values.state.number]
    for content in ("", "id,price\na-1,1\n", "id,price\na-1,1\n", "id,price\nb,1\n"):
        path.write_text(content)
        numbers.append(values.refresh().number)
    assert numbers == [0, 1, 2, 2, 3]
    assert values.state.columns.number == 3
