"""Links of the documentation that leave docs/, kept alive on the site.

The pages are read in the repository too, where they link to files beside docs/. On the site the
root's own pages (README.md, …) are pages, another linked file is copied below source/, and the name
of a folder is text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
ROOT_PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
LINK = re.compile(r"(?P<text>!?\[[^\]]*\])\((?![a-z]+:|#|/)(?P<to>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root's pages, and every file that a page links to outside docs/."""
    for name in ROOT_PAGES:
        page = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, f"repository/{name}", content=page))
    for path in sorted({path for file in files.documentation_pages() for path in _linked(file)}):
        if (ROOT / path).is_file() and (place := _on_site(path)).startswith("source/"):
            files.append(File.generated(config, place, content=(ROOT / path).read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """The page with links that hold on the site."""
    uri = page.file.src_uri

    def on_site(link: re.Match[str]) -> str:
        path = _in_repository(uri, link["to"])
        if (ROOT / path).is_dir():
            return link["text"][1:-1]
        place = posixpath.relpath(_on_site(path), posixpath.dirname(uri) or ".")
        return f"{link['text']}({place}{link['anchor'] or ''})"

    return LINK.sub(on_site, markdown)


def _linked(file: File) -> set[str]:
    """Paths in the repository that a page links to."""
    return {_in_repository(file.src_uri, link["to"]) for link in LINK.finditer(file.content_string)}


def _in_repository(uri: str, target: str) -> str:
    at_root = uri.startswith("repository/")
    folder = "" if at_root else posixpath.dirname(f"docs/{uri}")
    return posixpath.normpath(posixpath.join(folder, target))


def _on_site(path: str) -> str:
    if path in ROOT_PAGES:
        return f"repository/{path}"
    inside = path.removeprefix("docs/")
    if inside != path:
        return inside
    # What begins with a dot is left out of a site.
    return f"source/{'/'.join(part.lstrip('.') for part in path.split('/'))}.txt"
