"""A schema comes back as it was written, and is part of what its snapshot is named by."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_format.fields import SCHEMA, Field, FieldType, Rank, Schema, read_schema
from release_format.items import Item
from release_format.seal import FormatError
from release_format.snapshot import Snapshot, seal_snapshot, snapshot_id, write_content
from release_format.verdict import Verdict

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
FIELD = st.builds(
    Field,
    TEXT,
    st.sampled_from(FieldType),
    search=st.floats(0, 10),
    code=st.booleans(),
    filter=st.booleans(),
    sort=st.booleans(),
    facet=st.booleans(),
    show=st.integers(0, 9),
    label=TEXT,
    unit=TEXT,
    inferred=st.booleans(),
)
PRICE = Field("price", FieldType.NUMBER, unit="€")


@settings(deadline=None)
@given(
    st.lists(FIELD, unique_by=lambda field: field.name, max_size=4),
    st.none() | st.builds(Rank, TEXT, st.floats(0, 1)),
)
def test_round_trip(fields: list[Field], rank: Rank | None) -> None:
    schema = Schema({field.name: field for field in fields}, "style", rank)
    read = Schema.from_json(schema.to_json())
    assert read == schema
    assert list(read) == fields, "in their order"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"fields": [{"name": "a", "type": "money"}], "group_by": "", "rank": null}',
        '{"fields": [{"name": "a", "type": "text", "x": 1}], "group_by": "", "rank": null}',
    ],
)
def test_what_is_no_schema_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / SCHEMA).write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=r"fields\.json describes no fields .* again\.$"):
        read_schema(tmp_path)


def test_a_snapshot_is_named_by_its_schema_too(tmp_path: Path) -> None:
    items, ids = [Item("a", "A", extra={"price": 1.5})], set()
    for number, schema in enumerate((None, Schema(), Schema({"price": PRICE}))):
        directory = tmp_path / str(number)
        directory.mkdir()
        made_from = write_content(directory, items, [], schema)
        seal_snapshot(directory, made_from, Verdict("data", "", "", []))
        snapshot = Snapshot.open(directory)
        assert snapshot.schema == schema
        assert snapshot.id == snapshot_id(made_from)
        assert ("fields" in snapshot.manifest.made_from) == (schema is not None)
        ids.add(snapshot.id)
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("in_stock", "In stock"),
        ("EAN", "EAN"),
        ("_", "_"),
        ("releaseDate", "Release date"),
        ("idProveedorAsociado", "Id proveedor asociado"),
        ("imageURL", "Image URL"),
        ("Größe_inZoll", "Größe in zoll"),
        ("Anzahl LEDs", "Anzahl LEDs"),
        *((name, name[:1].upper() + name[1:]) for name in ("kWh", "pH", "iPhone", "McName")),
    ],
)
def test_people_read_a_name_in_words(name: str, heading: str) -> None:
    assert Field(name, FieldType.TEXT).heading == heading


def test_people_read_a_label_as_it_is() -> None:
    assert Field("p", FieldType.TEXT, label="Price").heading == "Price"
