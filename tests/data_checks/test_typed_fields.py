"""Typed fields from the catalogue to the snapshot: same rows same schema, misfits, fields.toml."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_checks.admission import Admission, AdmitRequest
from data_checks.admit import admit as admit_rows
from data_checks.gate.thresholds import read_thresholds
from data_checks.sources.catalogue import rows
from data_checks.sources.fields_file import read_fields
from release_format.items import Item
from release_format.seal import FORMAT
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from release_format.verdict import Outcome
from tests.data_checks.conftest import Admit, Admitted
from tests.data_checks.library import as_csv, library, write_jsonl
from tests.formats.make_sample import ITEMS

VALUES = st.one_of(
    st.sampled_from(["", "n/a", "yes", "no", "2024-05-01", "01.05.2024", "13/01/2024", "a|b"]),
    st.integers(-9, 99_999).map(str),
    st.decimals(0, 999, places=2).map(str),
    st.decimals(0, 99, places=2).map(lambda price: f"{price} €".replace(".", ",")),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8),
)
SHOP = st.lists(st.fixed_dictionaries(dict.fromkeys("abcd", VALUES)), min_size=1, max_size=12)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(shop=SHOP, seed=st.integers(0, 99))
def test_order_and_carrier_make_no_other_schema(
    shop: list[dict[str, str]], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shop")
    table = [{"id": f"i{n}", "title": f"T {n}", "topics": [], **row} for n, row in enumerate(shop)]
    mixed = random.Random(seed).sample(table, len(table))
    (folder / "a.csv").write_text(as_csv(table), encoding="utf-8", newline="")
    (folder / "b.csv").write_text(as_csv(mixed), encoding="utf-8", newline="")
    pq.write_table(pa.Table.from_pylist(mixed), folder / "c.parquet")
    admissions = [admitted(folder, name) for name in ("a.csv", "b.csv", "c.parquet")]
    assert len({admission.verdict.subject for admission in admissions}) == 1
    assert all(admission.verdict.facts["accepted"] == len(table) for admission in admissions)


def admitted(folder: Path, name: str) -> Admission:
    request = AdmitRequest(name, rows(str(folder / name)), read_thresholds())
    return admit_rows(request, Folder(folder / "store"), folder)


def priced(differ: Mapping[int, str] | None = None) -> list[dict[str, object]]:
    """A library whose books have prices; some, by their number, have another one."""
    prices = differ or {}
    return [
        {**row, "price": prices.get(n, f"{n},90 €"), "lent": "ja" if n % 3 else "nein"}
        for n, row in enumerate(library(190))
    ]


def seen(answer: Admitted, name: str) -> str:
    return next(c.sentence() for c in answer.verdict.conditions if c.name == name)


def test_values_keep_their_types_in_the_snapshot(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    answer = admit(write_jsonl(tmp_path / "shop.jsonl", priced()))
    snapshot = Snapshot.open(store.path("snapshot", answer.id))
    assert snapshot.manifest.format == FORMAT
    assert snapshot.items[0].extra == {"price": 0.9, "lent": False}
    assert snapshot.schema is not None
    price = snapshot.schema.fields["price"]
    assert (price.type, price.unit, price.inferred) == ("number", "€", True)
    assert "price" in answer.stderr, "one screen of what was inferred"
    assert "number in €" in answer.stderr
    page = (answer.reports / "data-report.html").read_text(encoding="utf-8")
    assert "<td><b>price</b></td><td>number in €</td>" in page


def test_a_catalogue_without_columns_of_its_own_has_no_schema(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    answer = admit(write_jsonl(tmp_path / "plain.jsonl", library(60)))
    snapshot = Snapshot.open(store.path("snapshot", answer.id))
    assert snapshot.schema is None
    assert [*snapshot.manifest.made_from] == ["items", "quarantine", "accepted", "quarantined"]
    assert "columns" not in answer.stderr


@pytest.mark.parametrize(
    ("misfits", "code", "outcome"), [(3, 0, "yes"), (4, 0, "no"), (9, 0, "no"), (10, 1, "no")]
)
def test_too_many_values_that_do_not_fit_are_refused_by_their_field(
    admit: Admit, tmp_path: Path, misfits: int, code: int, outcome: str
) -> None:
    (tmp_path / "shop.fields.toml").write_text('[fields.price]\ntype = "number"\n')
    shop = priced(dict.fromkeys(range(misfits), "dear"))
    answer = admit(write_jsonl(tmp_path / "shop.jsonl", shop))
    assert answer.code == code
    assert answer.answer("values-left-out") == outcome
    sentence = seen(answer, "values-left-out")
    assert f"({misfits} rows): price is 'dear' in " in sentence
    assert "which is no number" in sentence
    assert answer.verdict.facts["warned_by_rule"]["type-misfit"] == misfits
    assert answer.verdict.facts["accepted"] == len(shop)


def test_a_type_other_than_lives_is_warned_of(admit: Admit, store: Folder, tmp_path: Path) -> None:
    live = admit(write_jsonl(tmp_path / "day1.jsonl", priced())).id
    texts = dict.fromkeys(range(40), "on request")
    answer = admit(
        write_jsonl(tmp_path / "day2.jsonl", priced(texts)), live=store.path("snapshot", live)
    )
    assert (answer.code, answer.answer("field-types-changed")) == (0, Outcome.NO)
    assert "price is keyword, and was number" in seen(answer, "field-types-changed")
    assert answer.verdict.facts["changes"]["fields"] == {"price": 40}, "the others say the same"


def test_a_live_release_of_before_there_were_types_blocks_nothing(
    admit: Admit, tmp_path: Path
) -> None:
    live = Path(__file__).parents[1] / "formats" / "v2"
    catalogue = write_jsonl(tmp_path / "same.jsonl", [as_row(item) for item in ITEMS])
    answer = admit(catalogue, live=live)
    changes = answer.verdict.facts["changes"]
    assert (answer.code, changes["kept"], changes["changed"]) == (0, len(ITEMS), 0)
    assert answer.answer("field-types-changed") is Outcome.NOT_ASKED
    assert "live is of before fields had types" in answer.stderr


def as_row(item: Item) -> dict[str, object]:
    row = {name: value for name, value in vars(item).items() if name != "extra"}
    return {**row, "topics": list(item.topics), **item.extra}


def test_what_is_declared_in_vain_is_warned_of(admit: Admit, tmp_path: Path) -> None:
    (tmp_path / "shop.fields.toml").write_text('group_by = "style"\n[fields.prise]\nsort = true\n')
    answer = admit(write_jsonl(tmp_path / "shop.jsonl", priced()))
    assert (answer.code, answer.answer("stale-declarations")) == (0, Outcome.NO)
    assert '[fields.prise]; group_by = "style"' in seen(answer, "stale-declarations")


def test_an_unknown_key_is_refused_with_the_nearest(admit: Admit, tmp_path: Path) -> None:
    (tmp_path / "shop.fields.toml").write_text("[fields.price]\nsorted = true\n")
    answer = admit(write_jsonl(tmp_path / "shop.jsonl", priced()))
    assert answer.code == 2
    assert "'sorted' in [fields.price] is unknown. Did you mean 'sort'?" in answer.stderr


def test_what_was_inferred_is_written_out_to_edit_and_never_over_a_file(
    admit: Admit, store: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = 'a "b"\\c = [d] #'
    shop = [{**row, odd: str(n), "Größe (cm)": "5"} for n, row in enumerate(priced())]
    catalogue = write_jsonl(tmp_path / "shop.jsonl", shop)
    first, path = admit(catalogue, "--fields"), tmp_path / "shop.fields.toml"
    assert f"Written: {path}. Edit it" in first.stderr
    assert {*read_fields(path).fields} == {"price", "lent", odd, "Größe (cm)"}
    again = admit(catalogue)
    before, after = (
        Snapshot.open(store.path("snapshot", answer.id)).schema for answer in (first, again)
    )
    assert before is not None
    assert after is not None
    assert [vars(field) | {"inferred": True} for field in after] == [*map(vars, before)]
    path.write_text(edited := '[fields.price]\ntype = "keyword"\n', encoding="utf-8")
    third = admit(catalogue, "--fields")
    assert path.read_text(encoding="utf-8") == edited
    assert f"{path} is there already and stays as it is" in third.stderr
    assert Snapshot.open(store.path("snapshot", third.id)).items[0].extra["price"] == "0,90 €"


def test_sixty_columns_are_one_screen(admit: Admit, tmp_path: Path) -> None:
    wide = [
        {**row, **{f"column {c:02} {'x' * 40}": "y" * 400 for c in range(60)}}
        for row in library(60)
    ]
    answer = admit(write_jsonl(tmp_path / "wide.jsonl", wide))
    lines = answer.stderr.splitlines()
    assert "… and 36 more columns; `--fields` writes out all of them." in lines[-1]
    assert max(map(len, lines[-26:])) < 140
    assert len([line for line in lines if line.startswith("  column")]) == 25


def test_a_column_cannot_command_the_terminal(admit: Admit, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    shop = [{**row, "n\u202eame": "x", "ok": "\u202edlrow", evil: evil} for row in library(60)]
    answer = admit(write_jsonl(tmp_path / "odd.jsonl", shop))
    assert not {"\u202e", "\u202d"} & {*answer.stderr}
    assert evil not in (answer.reports / "data-report.html").read_text(encoding="utf-8")
    json.loads((answer.reports / "data-verdict.json").read_text(encoding="utf-8"))
