"""fields.toml is found beside its catalogue, and refused with the key that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_checks.sources.fields_file import (
    DeclaredField,
    DeclaredRank,
    FieldsFile,
    ReadAs,
    read_fields,
)
from release_format.config.table import ConfigError

WHOLE = """
group_by = "style"
[columns]
title = "Bezeichnung"
[read]
encoding = "cp1252"
separator = ";"
as_is = true
[fields.price]
type = "number"
search = 0.0
code = false
filter = true
sort = true
facet = true
show = 1
label = "Price"
unit = "€"
[fields."Größe (cm)"]
type = "keyword"
[rank]
by = "-sales"
boost = 0.05
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    path = tmp_path / "fields.toml"
    path.write_text(WHOLE, encoding="utf-8")
    price = DeclaredField("number", 0.0, False, True, True, True, 1, "Price", "€")
    assert read_fields(path) == FieldsFile(
        {"title": "Bezeichnung"},
        ReadAs("cp1252", ";", True),
        {"price": price, "Größe (cm)": DeclaredField("keyword")},
        "style",
        DeclaredRank("-sales", 0.05),
    )


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("[field.price]", "'field' is unknown. Did you mean 'fields'?"),
        (
            '[fields.price]\ntyp = "text"',
            "'typ' in [fields.price] is unknown. Did you mean 'type'?",
        ),
        ('[fields.price]\ntype = "numbr"', "Did you mean 'number'?"),
        ('[fields.price]\nfilter = "yes"', "'filter' in [fields.price] must be true or false"),
        ("[fields.price]\nsearch = -1", "'search' in [fields.price] must be at least 0"),
        ("[fields.price]\nshow = 1.5", "'show' in [fields.price] must be a whole number"),
        ('[fields]\nprice = "number"', "'price' in [fields] must be a table"),
        ("[rank]\nboost = 0.1", "'by' in [rank] is missing. Add it."),
        ('[rank]\nby = "a"\nboost = 2', "'boost' in [rank] must be at most 1, not 2."),
        ('[read]\nencodng = "x"', "Did you mean 'encoding'?"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(tmp_path: Path, text: str, refusal: str) -> None:
    path = tmp_path / "fields.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_fields(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert refusal in str(refused.value)


def test_none_says_nothing(tmp_path: Path) -> None:
    assert read_fields(tmp_path / "fields.toml") == FieldsFile()
