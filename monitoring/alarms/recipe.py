"""The recipe that learns from judged questions, for a catalogue whose topics fell."""

from __future__ import annotations

import re
import tomllib

from monitoring.errors import MonitoringError
from release_format.exit_codes import USAGE

# The way that costs seconds; who has a GPU, and judged a lot, writes "finetune".
WAY = "adapter"
# Two in five are held out, and ten of these must be there to tell a gain.
LEAST_JUDGED = 40
_TABLE, _KEY = (
    re.compile(r"(?m)^[ \t]*\[train\][^\n]*\n?"),
    re.compile(r"(?m)^[ \t]*train[ \t]*=.*$"),
)
_ROWS = re.compile(r"(?m)^[ \t]*\[")


def learning_recipe(recipe: str) -> str:
    """A recipe's text with `train`, everything else as it stands; "" where it learns already.

    Args:
        recipe: the text of recipe.toml; empty where there is none yet.

    Raises:
        MonitoringError: it is no TOML.
    """
    try:
        before = tomllib.loads(recipe)
    except tomllib.TOMLDecodeError as error:
        raise MonitoringError(f"the recipe is no TOML ({error}). Mend it.", USAGE) from error
    chosen = before.get("train", {})
    if not isinstance(chosen, dict) or chosen.get("train", "none") != "none":
        return ""
    written = _written(recipe)
    wanted = {**before, "train": {**chosen, "train": WAY}}
    # A recipe may write its tables in ways that no pattern knows: then a person does it.
    return written if _read(written) == wanted else ""


def _written(recipe: str) -> str:
    row = f'train = "{WAY}"'
    if (table := _TABLE.search(recipe)) is None:
        return "\n\n".join(filter(None, [recipe.rstrip("\n"), f"[train]\n{row}\n"]))
    following = _ROWS.search(recipe, table.end())
    end = following.start() if following else len(recipe)
    inside = recipe[table.end() : end]
    inside = _KEY.sub(row, inside, count=1) if _KEY.search(inside) else f"{row}\n{inside}"
    return f"{recipe[: table.end()].rstrip()}\n{inside}{recipe[end:]}"


def _read(recipe: str) -> object:
    try:
        return tomllib.loads(recipe)
    except tomllib.TOMLDecodeError:
        return None
