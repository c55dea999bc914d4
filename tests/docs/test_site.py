"""The documentation as a site: built strictly, whole, and without a request to anybody else."""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import ROOT


class Links(HTMLParser):
    """Addresses that a page names, those that it loads, and its anchors."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors = {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.anchors.add(named.get("id", ""))
        self.links += [named["href"]] if tag == "a" and "href" in named else []
        self.loaded += [named["src"]] if "src" in named else []
        self.loaded += [named["href"]] if tag == "link" and "href" in named else []


def built(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    return subprocess.run(
        words,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Links]:
    """Every page of the site, by its place."""
    done = built(folder := tmp_path_factory.mktemp("docs") / "site")
    assert done.returncode == 0, done.stderr
    # The page for an address that is not there names the site's root, which a folder has not.
    return {page: Links(page) for page in folder.rglob("*.html") if page.name != "404.html"}


def test_every_link_of_the_site_leads_to_a_page_and_a_place_on_it(
    site: dict[Path, Links],
) -> None:
    for page, found in site.items():
        for link in found.links:
            address = urlsplit(link)
            if address.scheme:
                continue
            target = (page.parent / unquote(address.path)).resolve() if address.path else page
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{page.name} links to {link}, which is not there"
            if target in site:
                assert unquote(address.fragment) in site[target].anchors, f"{page.name}: {link}"


def test_the_site_loads_nothing_from_anybody_else(site: dict[Path, Links]) -> None:
    loaded = {address for found in site.values() for address in found.loaded}
    assert loaded
    assert [address for address in loaded if urlsplit(address).netloc] == []


def test_every_page_of_docs_is_on_the_site(site: dict[Path, Links]) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in pages_of_docs()}
    names = {page.stem for page in site}
    assert {path.name for path in pages} <= names


def pages_of_docs() -> list[Path]:
    return sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize(
    "page", pages_of_docs(), ids=lambda path: path.relative_to(ROOT / "docs").as_posix()
)
def test_every_page_of_docs_links_to_the_glossary(page: Path) -> None:
    glossary = "../glossary.md" if page.parent.name == "proofs" else "glossary.md"
    assert page.name == "glossary.md" or f"]({glossary})" in page.read_text(encoding="utf-8")
