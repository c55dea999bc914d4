"""The commit that names an image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.registry.commit import tag_of_commit


def test_a_clean_tree_is_named_by_twelve_digits(clone: Callable[..., str]) -> None:
    assert tag_of_commit() == clone()[:12]
    Path(".gitignore").write_text("var/\n")
    clone("add", ".gitignore")
    clone("commit", "--quiet", "-m", "Ignore")
    Path("var").mkdir()
    Path("var/x").touch()
    assert tag_of_commit() == clone()[:12], "what git ignores is no change"


@pytest.mark.parametrize("change", ["changed", "staged", "new", "removed"])
def test_a_changed_tree_is_refused_with_what_changed(
    clone: Callable[..., str], change: str
) -> None:
    name = "b" if change == "new" else "a"
    Path(name).unlink(missing_ok=True)
    if change != "removed":
        Path(name).write_text("b")
    if change == "staged":
        clone("add", "a")
    with pytest.raises(RolloutError, match=rf"\({name}\).*commit the changes") as refused:
        tag_of_commit()
    assert refused.value.exit_code == 2


def test_of_many_changes_a_few_are_named(clone: Callable[..., str]) -> None:
    for number in range(9):
        Path(f"new{number}").touch()
    with pytest.raises(RolloutError, match=r"\(new0, new1, new2, new3, new4 and 4 more\)"):
        tag_of_commit()
    assert clone()


def test_a_folder_that_is_no_clone_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RolloutError, match="Push from a clone"):
        tag_of_commit()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RolloutError, match="git is missing"):
        tag_of_commit()
