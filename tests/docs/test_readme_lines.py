"""The README's lines about changed data do what it says of them, typed after the first build."""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from release_format.release import Release
from release_format.store.folder import Folder
from tests.conftest import ROOT, last_line, run_line

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = README[README.index("## Change the data") : README.index("## Six figures")]
Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def typed(bundled_release: Release, tmp_path: Path) -> Typed:
    """Type the README's line in a store that holds what `make up` leaves: a release, and no
    environment."""
    (line,) = re.findall(r"^\$ python -m (data_checks admit .*?)\s+#", BLOCK, re.MULTILINE)
    store = Folder(tmp_path / "store")
    store.put(bundled_release.path)

    def run(catalogue: str = "catalogue", live: str = "") -> subprocess.CompletedProcess[str]:
        words = [catalogue if word == "my_products.csv" else word for word in line.split()]
        if live:
            words[words.index("--live") + 1] = live
        return run_line(
            *words, "--report", str(tmp_path / "reports"), store=store.root, check=False
        )

    return run


def lines_cut(folder: Path, kept: int) -> None:
    """The bundled catalogue with its first rows only, and the topics of these."""
    folder.mkdir()
    ids: set[str] = set()
    for name in ("project_descriptions.csv", "project_topics.csv"):
        with (ROOT / "catalogue" / name).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        rows = [row for row in rows if row[0] in ids] if ids else rows[:kept]
        ids = ids or {row[0] for row in rows}
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])


def test_the_bundled_catalogue_is_unchanged_beside_the_first_build(
    typed: Typed, bundled_release: Release
) -> None:
    done = typed()
    assert done.returncode == 0, done.stderr
    assert "Unchanged: live holds exactly these rows" in done.stderr
    assert last_line(done) == bundled_release.manifest.made_from["snapshot"]


def test_a_cut_catalogue_is_refused_in_the_words_that_the_readme_shows(
    typed: Typed, tmp_path: Path
) -> None:
    (shown,) = re.findall(
        r"^(The data gate says no: removed: no — saw .*?) …$", BLOCK, re.MULTILINE
    )
    (gone,) = re.findall(r"\((\d+) rows\)", shown)
    with (ROOT / "catalogue/project_descriptions.csv").open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    lines_cut(tmp_path / "cut", rows - int(gone))
    done = typed(str(tmp_path / "cut"))
    assert done.returncode == 1, done.stderr
    assert shown in done.stderr
    assert f"Beside live: 0 added, 0 changed, {gone} removed." in done.stderr


def test_an_environment_that_never_was_names_what_there_is(typed: Typed) -> None:
    done = typed(live="stage")
    assert done.returncode == 2
    assert (
        "nothing was rolled out to an environment of that name. Say `latest` for what was built"
        " last." in done.stderr
    )
