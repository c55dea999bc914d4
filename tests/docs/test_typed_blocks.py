"""README and docs as a newcomer types them, block by block, in a fresh clone."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.docs.typed import Reader, link_environment, typed_blocks

README = "README.md"
# What stands in a block for what only the reader knows.
REPOSITORY, RELEASE = "<this repository>", "872cbeddf107"
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (ROOT / "docs").rglob("*.md")
    if typed_blocks(page.read_text(encoding="utf-8"))
)
OWN = """\
id,title,description,topics,Preis
K1,Emaillekanne,Kanne aus emailliertem Stahl für Tee und Kaffee.,Küche;Geschirr,29
K2,Wetzstein,Stein zum Schärfen von Küchenmessern.,Küche;Werkzeug,34
G1,Rosenschere,Schere mit Ledergriff für Rosen und dünne Äste.,Garten;Werkzeug,41
G2,Gießkanne,Verzinkte Kanne mit Brause für Beete.,Garten,52
"""


def own_catalogue(folder: Path, title: str) -> None:
    text = OWN.replace("Wetzstein", title)
    (folder / "my_products.csv").write_text(text, encoding="utf-8")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Who typed the README's first block: the bundled catalogue is served from a fresh clone."""
    clone, serve = typed_blocks((ROOT / README).read_text(encoding="utf-8"))[0]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        person = Reader(tmp_path, str(free.getsockname()[1]))
    person.types(clone.replace(REPOSITORY, str(ROOT)))
    person.folder = tmp_path / "searchbar"
    take_over_changes(person.folder)
    link_environment(person.folder)
    try:
        person.types(serve)
        yield person
    finally:
        person.leaves()


def take_over_changes(clone: Path) -> None:
    """What is not committed yet is typed, too."""
    words = ["git", "ls-files", "-z", "--modified", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)


@pytest.mark.proof
def test_the_readme_leads_from_a_clone_to_the_release_before(reader: Reader) -> None:
    _, ask, own, change = typed_blocks((reader.folder / README).read_text(encoding="utf-8"))
    _, serve, question, curl = [reader.types(line) for line in ask]
    assert serve == ""
    assert re.search(r"1\. +(oxipng|Squoosh) ", question)
    hits = answer(curl)["hits"]
    assert hits
    assert all("graphics" in hit["topics"] for hit in hits)

    own_catalogue(reader.folder, "Wetzstein")
    (up,) = own
    reader.types(up)
    assert titles(reader) == ["Wetzstein"]

    own_catalogue(reader.folder, "Abziehstein")
    admit, up, list_them, back = change
    assert "The data gate says yes: 0 added, 1 changed, 0 removed" in reader.types(admit)
    reader.types(up)
    assert titles(reader) == ["Abziehstein"]
    listed = reader.types(list_them)
    ids = re.findall(r"^([0-9a-f]{12}) ", listed, re.MULTILINE)
    assert len(ids) == 3
    (before,) = re.findall(r"make up RELEASE=(\w+)", listed)
    assert before == ids[1]
    assert RELEASE in back
    reader.types(back.replace(RELEASE, before))
    assert titles(reader) == ["Wetzstein"]


def titles(reader: Reader) -> list[str]:
    """The title of the item K2, as the server that runs now tells it."""
    printed = reader.types("curl -sf 'http://127.0.0.1:8000/search?q=K2&k=1'")
    return [hit["title"] for hit in answer(printed)["hits"]]


def answer(printed: str) -> dict[str, Any]:
    """The JSON that curl printed before its own table of progress."""
    document: dict[str, Any] = json.JSONDecoder().raw_decode(printed)[0]
    return document


@pytest.mark.proof
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_typed_after_the_first_block(reader: Reader, page: str) -> None:
    for block in typed_blocks((reader.folder / page).read_text(encoding="utf-8")):
        for line in block:
            reader.types(line)


def test_the_blocks_that_are_typed_are_those_after_the_mark() -> None:
    shown, typed = "```\nno\n```\n", "<!-- typed -->\n```console\n$ a b\nprinted\n$ c\n```\n"
    text = f"{shown}\n{typed}\n<!-- typed -->\n```\nd\n```\n"
    assert typed_blocks(text) == [["a b", "c"], ["d"]]


def test_every_mark_stands_before_a_block() -> None:
    for page in [README, *PAGES]:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert text.count("<!-- typed -->") == len(typed_blocks(text)), page
    assert len(typed_blocks((ROOT / README).read_text(encoding="utf-8"))) == 4
    assert PAGES
