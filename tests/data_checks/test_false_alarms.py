"""How often the data gate says no to a harmless day: 200 resamples of a real catalogue.

`make proof` runs it.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from data_checks.errors import CatalogueError
from data_checks.sources import debian
from data_checks.sources.catalogue import rows
from release_format.store.folder import Folder
from tests.data_checks.conftest import Admit
from tests.data_checks.library import Row, write_jsonl

RESAMPLES, SIZE = 200, 1_600
TABLE = Path(__file__).with_name("false_alarms.md")


def catalogue(folder: Path) -> tuple[str, list[Row]]:
    """Real rows: this machine's packages, or the bundled catalogue where there are none."""
    try:
        return "Debian's packages", [dict(row.values) for row in debian.rows()]
    except CatalogueError:
        bundled = Path(__file__).parents[2] / "catalogue"
        return "the bundled catalogue", [dict(row.values) for row in rows(str(bundled))]


def harmless_day(everything: list[Row], chance: random.Random) -> tuple[list[Row], list[Row]]:
    """A live catalogue, and what an ordinary day makes of it by chance, nothing of one kind."""
    size = min(SIZE, int(len(everything) * 0.8))
    drawn = chance.sample(everything, len(everything))[: int(size * 1.2)]
    live, fresh = drawn[:size], drawn[size:]
    remaining = chance.sample(live, int(size * (1 - chance.uniform(0, 0.05))))
    edited = [
        (
            {**row, "description": f"{row.get('description', '')} Now faster."}
            if chance.random() < 0.05
            else row
        )
        for row in remaining
    ]
    return live, edited + fresh[: int(size * chance.uniform(0, 0.2))]


@pytest.mark.proof
@pytest.mark.usefixtures("warm_suite")
def test_a_harmless_day_is_refused_less_than_once_in_fifty(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    name, everything = catalogue(tmp_path)
    refused: Counter[str] = Counter()
    warned: Counter[str] = Counter()
    alarms = compared = 0
    for number in range(RESAMPLES):
        before, after = harmless_day(everything, random.Random(number))
        live = admit(write_jsonl(tmp_path / "live.jsonl", before))
        assert live.code == 0, live.stderr
        answer = admit(write_jsonl(tmp_path / "next.jsonl", after), live=live.id)
        alarms += answer.code != 0
        compared += answer.answer("drift-of-arrivals") != "not asked"
        refused.update(answer.refused_by)
        warned.update(condition.name for condition in answer.verdict.warnings())
        for id in store.ids("snapshot"):
            subprocess.run(["rm", "-r", str(store.path("snapshot", id))], check=True)
    write_table(name, alarms, compared, refused, warned)
    assert alarms < 0.02 * RESAMPLES, refused


def write_table(
    name: str, alarms: int, compared: int, refused: Counter[str], warned: Counter[str]
) -> None:
    names = sorted({*refused, *warned})
    lines = [
        "# False alarms of the data gate",
        "",
        (
            f"`make proof` drew {RESAMPLES} harmless days from {name}: up to {SIZE:,} rows live; of"
            " these up to 5 % removed"
        ),
        (
            "and 5 % edited by chance, up to 20 % added by chance. The whole gate, Deepchecks"
            " included."
        ),
        "",
        (
            f"**Refused: {alarms} of {RESAMPLES}** ({alarms / RESAMPLES:.1%}); drift of what comes"
            f" in was asked in {compared}."
        ),
        "",
        "| condition | refused | warned |",
        "|-|-:|-:|",
        *(f"| {condition} | {refused[condition]} | {warned[condition]} |" for condition in names),
        "",
        f"<!-- {json.dumps({'alarms': alarms, 'of': RESAMPLES})} -->",
    ]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_committed_figure_holds() -> None:
    comment = (
        TABLE.read_text(encoding="utf-8")
        .splitlines()[-1]
        .removeprefix("<!-- ")
        .removesuffix(" -->")
    )
    figure = json.loads(comment)
    assert figure["of"] == RESAMPLES
    assert figure["alarms"] < 0.02 * figure["of"]
