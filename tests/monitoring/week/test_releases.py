"""What a release changed, as far as the store knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.week.releases import GONE, releases
from release_format.release import MADE_FROM, release_id
from release_format.seal import seal
from release_format.store.folder import Folder
from release_format.verdict import Condition, Outcome, Verdict
from searchbar.feedback.query_log import ReleaseUse

USE = ReleaseUse("2026-11-24T10:00:00Z", "2026-11-25T10:00:00Z", 10, 9)


def sealed(store: Folder, folder: Path, **differs: str) -> str:
    """A release of nothing but its seal."""
    made_from = {name: differs.get(name, "same") for name in MADE_FROM}
    id = release_id(made_from)
    folder.mkdir()
    (folder / "rules.toml").write_text("")
    seal(folder, kind="release", id=id, made_from=made_from)
    return store.put(folder)


def test_what_changed_is_what_it_was_made_from_and_what_the_search_diff_saw(tmp_path: Path) -> None:
    store = Folder(tmp_path / "store")
    old, new = sealed(store, tmp_path / "a"), sealed(store, tmp_path / "b", snapshot="s", rules="r")
    seen = Condition("ndcg-change", Outcome.YES, "0.700 → 0.710", "at least 0", measured=0.01)
    facts = {"questions": 240, "questions_changed": 12, "items_appeared": 3, "items_vanished": 1}
    pair = Verdict("quality", new, old, [seen], facts)
    store.put_record("pair", f"{old[:12]}-{new[:12]}", pair.to_json())
    (told,) = releases({new: USE}, old, store)
    assert told.is_new
    for sentence in (
        "12 of 240 compared questions change their first ten. 3 items came, 1 went.",
        "Judged questions: 0.700 → 0.710.",
        f"Beside {old[:12]} it has new: the catalogue's rows, the search rules.",
    ):
        assert sentence in told.changed


def test_a_release_whose_forerunner_is_gone_says_so(tmp_path: Path) -> None:
    store = Folder(tmp_path / "store")
    new = sealed(store, tmp_path / "a")
    (told,) = releases({new: USE}, "b" * 64, store)
    assert "The one before it, bbbbbbbbbbbb, is no longer in the store." in told.changed
    (told,) = releases({new: USE}, "", store)
    assert "What answered before it is not in the log." in told.changed


@pytest.mark.parametrize("name", ["", "../../etc", "latest", "prod", "a\nb", "é" * 64, "b" * 64])
def test_a_name_of_the_log_reaches_no_file(name: str, tmp_path: Path) -> None:
    (told,) = releases({name: USE}, "old", Folder(tmp_path / "store"))
    assert told.changed == GONE


@pytest.mark.parametrize("record", ["{}", "not json", '{"gate": 1}', "\ufffd"])
def test_a_broken_record_is_no_reason_to_fail(record: str, tmp_path: Path) -> None:
    store = Folder(tmp_path / "store")
    old, new = sealed(store, tmp_path / "a"), sealed(store, tmp_path / "b", snapshot="s")
    store.put_record("pair", f"{old[:12]}-{new[:12]}", record)
    (told,) = releases({new: USE}, old, store)
    assert "What the search diff saw of it cannot be read." in told.changed
    assert told.changed.endswith("it has new: the catalogue's rows.")
