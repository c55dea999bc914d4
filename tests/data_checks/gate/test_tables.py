"""Tables that people write for the data gate: what cannot be meant is refused by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_checks.gate.acceptances import ACCEPTED, read_acceptances
from data_checks.gate.thresholds import read_thresholds
from data_checks.rows.repairs import REPAIRS, Repairs, read_repairs
from release_format.config.table import ConfigError
from release_format.items import Item
from tests.refusals.tried import tried

ALL = read_thresholds().conditions
ID = "0123456789abcdef" * 4
ENTRY = '[[accepted]]\nsnapshot = "{}"\ncondition = "removed"\nby = "Ada"\nbecause = "meant"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[conditions.removed]\nblock = 10\n",
            "what is measured lies between 0 and 1. Write 10 % as block = 0.1.",
        ),
        (
            "[conditions.topic-loss]\nwarn = 0.3\nblock = 40\n",
            "Write 40 % as block = 0.4.",
        ),
        ("[conditions.removed]\nblock = 101\n", "block = 101 can never be passed"),
        ("[conditions.removed]\nblock_from = 5\n", "'block_from' in [conditions.removed] must be"),
        ("[conditions.removed]\nblock = '10 %'\n", "must be a number, not '10 %'"),
        ("[conditions.removed]\nblock = true\n", "must be a number, not true"),
        ("[conditions]\nremoved = 0.2\n", "[conditions.removed] must be a table, not 0.2."),
        ("conditions = 3\n", "[conditions] must be a table, not 3."),
        ("[conditions.removed]\nblock = nan\n", "must be a finite number, not nan"),
        ("[rules]\nhtml-leftovers = ['warn']\n", "must be one of off, reject, warn"),
        ("[condtions.removed]\nblock = 0.1\n", "Did you mean 'conditions'?"),
    ],
)
def test_a_threshold_that_cannot_be_meant_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    (path := tmp_path / "thresholds.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_thresholds(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert sentence in str(refused.value)
    tried("tables", f"thresholds: {text}", refused.value.exit_code, str(refused.value))


@pytest.mark.parametrize(
    "id", [ID, ID[:12], f"  {ID[:14]}\t", ID.upper(), f"\u00a0{ID[:13].upper()} "]
)
def test_the_id_of_what_is_accepted_is_read_as_people_copy_it(tmp_path: Path, id: str) -> None:
    (tmp_path / ACCEPTED).write_text(ENTRY.format(id), encoding="utf-8")
    (acceptance,) = read_acceptances(tmp_path / ACCEPTED, ALL)
    assert ID.startswith(acceptance.snapshot)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ENTRY.format(ID[:11]), "must be at least 12 characters of a snapshot's id, not"),
        (ENTRY.format("g" * 12), "must be at least 12 characters of a snapshot's id, not"),
        (ENTRY.format(f"{ID[:6]} {ID[6:12]}"), "at least 12 characters of a snapshot's id, not"),
        (ENTRY.format(ID).replace("removed", "removd"), "Did you mean 'removed'?"),
        (ENTRY.format(ID).replace("[[", "[").replace("]]", "]"), "under a [[accepted]] of its"),
        ("accepted = 5\n", "write each accepted under a [[accepted]] of its own."),
        (ENTRY.format(ID).replace(f'"{ID}"', "5"), "'snapshot' in [[accepted]] number 1 must be"),
    ],
)
def test_an_acceptance_that_cannot_be_meant_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / ACCEPTED).write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_acceptances(tmp_path / ACCEPTED, ALL)
    assert sentence in str(refused.value)
    assert refused.value.exit_code == 2
    tried("tables", f"accepted.toml: {text}", refused.value.exit_code, str(refused.value))


def test_the_id_of_what_is_repaired_may_be_written_in_either_form_of_accents(
    tmp_path: Path,
) -> None:
    (tmp_path / REPAIRS).write_text(
        '[[repair]]\nid = " K\u0061\u0308se "\nfield = "title"\nwas = "Kse"\nnow = "Käse"\n'
        'because = "a letter was lost"\n',
        encoding="utf-8",
    )
    repairs = Repairs(read_repairs(tmp_path / REPAIRS))
    repaired, applied = repairs.apply(Item("K\u00e4se", "Kse"))
    assert (repaired.title, len(applied), repairs.unused) == ("Käse", 1, set())
