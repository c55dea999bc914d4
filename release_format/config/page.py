"""docs/settings.md's tables, written from the registry: `make settings`."""

from __future__ import annotations

import re
from pathlib import Path

from release_format.config.registry import GROUPS, settings_in
from release_format.config.setting import Setting

PAGE = Path("docs/settings.md")


def rendered(page: str) -> str:
    """The page with a fresh table between the two marks of each group of settings.

    Raises:
        ValueError: the page lacks the marks of a group.
    """
    for group in GROUPS:
        name = group.kind.__name__
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        if not (place := mark.search(page)):
            raise ValueError(f"{PAGE} has no place for {name}. Write <!-- {name} -->.")
        page = page[: place.end(1)] + _table(group.kind) + page[place.start(2) :]
    return page


def _table(kind: type) -> str:
    rows = (_row(setting) for setting in settings_in(kind))
    return "".join(["| variable | default | what it is | read by |\n|---|---|---|---|\n", *rows])


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else "–"
    sentence = setting.sentence.replace("|", "\\|") + " *Secret.*" * setting.is_secret
    return f"| `{setting.variable}` | {default} | {sentence} | {setting.read_by} |\n"


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
