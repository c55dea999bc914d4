"""The table of refusals finds what a made-up package refuses, and what ran of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.refusals import __main__ as command
from tests.refusals.places import places, verbs

SHOP = '''"""A verb."""
from release_format.exit_codes import NO, YES, ProgramError
EXAMPLE = "python -m forge tell"
class ShopError(ProgramError):
    pass
def closed(why: str) -> ShopError:
    return ShopError(why)
def run(options) -> int:
    if options.night:
        raise closed("Come by day.")
    if not options.money:
        return NO
    self.closed("not ours")
    return YES
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (commands := tmp_path / "forge/commands").mkdir(parents=True)
    (commands / "tell.py").write_text(SHOP)
    (commands / "options.py").write_text('"""No verb."""')
    return tmp_path


def test_refusals_and_choices_of_an_exit_code_are_found_by_line(root: Path) -> None:
    path = "forge/commands/tell.py"
    assert places(root) == [
        (path, 7, "closed", True),
        (path, 10, "run", True),
        (path, 12, "run", False),
        (path, 14, "run", False),
    ]
    assert verbs(root) == ["forge tell"]


def test_what_no_test_reaches_is_named_with_its_reason(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = root / "data"
    data.mkdir()
    ran = CoverageData(f"{data}/lines.1")
    ran.add_lines({"/a copy of/the tree/forge/commands/tell.py": [7, 10, 14]})
    ran.write()
    ends = ({"program": "forge", "verb": ["tell"], "exit_code": code} for code in (0, 0, 2))
    (data / "endings").write_text("".join(f"{json.dumps(end)}\n" for end in ends))
    monkeypatch.setattr(command, "REASONS", {"forge tell 3": "Nothing can break."})
    text, missing = command.page(data, root)
    assert "| forge | 2 | 2 | 2 | 1 |\n" in text
    assert "| forge tell | 2 | 0 | 1 | 0 |\n" in text
    assert "- `forge tell 3` (1): Nothing can break.\n" in text
    assert missing == ["forge/commands/tell.py run", "forge tell 1"]
