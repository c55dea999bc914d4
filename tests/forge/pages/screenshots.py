"""The picture of a pull request's page for the documentation, of a real change."""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from forge.pages.comment_body import Page
from forge.pages.html_page import STYLE, html_page
from forge.pages.report_pages import publish_pages
from forge.reports import read_reports
from tests.conftest import ROOT, last_line, run_line

PICTURE = ROOT / "docs/screenshots/comment.png"
ITEMS, TOPICS = "project_descriptions.csv", "project_topics.csv"
WENT = ("aegis", "anki", "ardour", "keepassxc", "syncthing", "zulip")
CAME = ("Kite", "Heron", "Plover", "Wren", "Osprey", "Dunlin")
CHANGED = 19
JUDGED = ("--judgments", "catalogue/judgments.jsonl", "--rules", "catalogue/rules.toml")


def changed_catalogue(folder: Path) -> Path:
    """The bundled catalogue with six rows more and six less, and twenty that changed."""
    shutil.copytree(ROOT / "catalogue", folder)
    rows = [row for row in read_rows(ITEMS) if row["id"] not in WENT]
    for row in [row for row in rows if row["id"][0] in "bc"][:CHANGED]:
        row["description"] += " It is free software."
    for row in rows:
        if row["id"] == "gimp":
            row["description"] = "Begun by two students in 1995, and made by volunteers since."
    for name in CAME:
        text = f"{name} counts birds of the shore, and draws a map of where they were seen."
        rows.append({**dict.fromkeys(rows[0], ""), "id": name.lower(), "title": name})
        rows[-1] |= {
            "description": text,
            "url": f"https://{name.lower()}.example",
            "language": "en",
        }
    write_rows(folder / ITEMS, rows)
    topics = [row for row in read_rows(TOPICS) if row["id"] not in WENT]
    write_rows(folder / TOPICS, topics)
    return folder


def read_rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "catalogue" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def built(store: Path, catalogue: str, reports: Path, *live: str) -> str:
    admit = ("data_checks", "admit", catalogue, *live, "--report", str(reports))
    snapshot = last_line(run_line(*admit, store=store))
    build = ("index_builder", "build", snapshot, *live, *JUDGED, "--report", str(reports))
    return last_line(run_line(*build, store=store))


def write_page(work: Path) -> Path:
    """The page of this change, as a build without a forge leaves it."""
    reports, pages = work / "reports", work / "pages"
    pages.mkdir()
    # Of its own: what a store has built already leaves no report of its build.
    store = work / "store"
    live = built(store, "catalogue", work / "live")
    changed = changed_catalogue(work / "catalogue")
    candidate = built(store, str(changed), reports, "--live", live)
    compare = ("index_builder", "compare", live, candidate, "--report", str(reports))
    run_line(*compare, store=store, check=False)
    page = Page(
        "catalogue/daily → stage",
        links={"build": "http://jenkins.example/job/stage/12/"},
        outcome="It reaches the hosts by a new release.",
    )
    shutil.copy(STYLE, pages)
    shown = html_page(page, read_reports(reports), publish_pages(reports, pages))
    (path := pages / "comment.html").write_text(shown, encoding="utf-8")
    return path


def main() -> int:
    """Take it, and say where it is."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page(
            viewport={"width": 1000, "height": 900}
        )
        page.goto(write_page(Path(folder)).as_uri())
        page.screenshot(path=PICTURE, full_page=True)
    print(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
