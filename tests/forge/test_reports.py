"""Reports that are links, giants or no verdicts."""

from __future__ import annotations

from pathlib import Path

from tests.forge.conftest import Forge, report, write
from tests.forge.hub import GitHub


def test_links_and_giants_among_the_reports_are_not_followed(
    pull: Forge, hub: GitHub, tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("the deploy key")
    report(pull.tree, "data")
    (pull.tree / "var/reports/link.md").symlink_to(tmp_path / "secret.md")
    write(pull.tree, "var/reports/giant.md", "x" * 3_000_000)
    pull("comment", "--pull", "1")
    assert "deploy key" not in hub.comments[0]["body"]


def test_a_broken_verdict_is_not_green(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    write(pull.tree, "var/reports/quality.json", '{"gate": "quality", "conditions": [')
    pull("comment", "--pull", "1")
    assert "❔ **Could not tell:** quality.json is not a verdict" in hub.comments[0]["body"]
