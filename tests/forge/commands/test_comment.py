"""The line that the help of `comment` shows, typed in a clone without any forge."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.forge.conftest import Forge, Result, git, report


def typed(tree: Path, line: str) -> Result:
    """What a person types in a clone, word by word, with no setting of any forge."""
    clean = {
        n: v
        for n, v in os.environ.items()
        if not n.startswith(("FORGE_", "CHANGE_", "BRANCH_", "BUILD_"))
    }
    words = [sys.executable, *line.split()[1:]]
    paths = {
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "SEARCHBAR_STORE": str(tree / "var/store"),
    }
    result = subprocess.run(words, cwd=tree, env={**clean, **paths}, capture_output=True, text=True)
    return Result(result.returncode, result.stdout, result.stderr)


def test_the_line_that_its_help_shows_can_be_typed_in_any_clone(tree: Path) -> None:
    help_text = typed(tree, "python -m forge comment --help").stdout
    (line,) = re.findall("python -m forge comment --pull 12", help_text)
    git(tree, "checkout", "--quiet", "-b", "feature/x")
    report(tree, "data")
    result = typed(tree, line)
    assert (result.returncode, result.stdout) == (0, "var/pages/comment.html\n"), result.stderr
    assert "so 12 names nothing: feature/x gets a page" in result.stderr
    assert "feature/x → stage" in (tree / "var/pages/comment.md").read_text()


def test_without_a_branch_there_is_nothing_to_say(forge: Forge) -> None:
    git(forge.tree, "checkout", "--quiet", "--detach")
    result = forge("comment", "--pull", "12")
    assert result.returncode == 2
    assert "which branch? Give --branch" in result.stderr
