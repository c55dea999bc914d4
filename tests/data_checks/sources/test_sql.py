"""The reference query, on a real PostgreSQL that is started here."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_checks.errors import CatalogueError
from data_checks.sources.catalogue import rows as catalogue_rows
from data_checks.sources.row import ReadOptions
from data_checks.sources.sql import reference_query, rows
from release_format.config.table import ConfigError
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder
from tests.data_checks.conftest import Admit
from tests.data_checks.sources.conftest import PASSWORD, Server
from tests.refusals.tried import tried

EXPECTED = {
    "1": ("Kettle", "Translated kettle text", "https://img.example/kettle.jpg"),
    "2": ("Toaster", "Original toaster text", "https://img.example/toaster.jpg"),
    "3": ("No image", "Translated plain", None),
    "4": ("No description", None, None),
    "5": ("Two first images", "Two images", "https://img.example/a.jpg"),
    "6": ("Two descriptions", "Translated six", "https://img.example/six.jpg"),
    "7": ("Empty translation", "Original stays", None),
    "8": ("Other country only", None, None),
    "9": (None, "A text without a title", None),
    "10": ("Blank texts", None, None),
    "11": ("Image row without address", "Eleven", "https://img.example/eleven.jpg"),
}


pytestmark = pytest.mark.usefixtures("password")


def test_a_percent_sign_in_a_query_is_one(server: Server) -> None:
    query = "SELECT 1 AS id, 'x' AS title WHERE 'ab' LIKE 'a%' AND '%s' <> ''"
    assert [row.values for row in rows(server.url, query)] == [{"id": 1, "title": "x"}]


def test_every_product_comes_once(server: Server) -> None:
    products = [row.values for row in rows(server.url)]
    assert [row["id"] for row in products] == list(range(1, 12))
    assert {
        str(r["id"]): (r["title"], r["description"], r["image_url"]) for r in products
    } == EXPECTED


def test_the_answer_does_not_depend_on_how_rows_lie(server: Server) -> None:
    before = [dict(row.values) for row in rows(server.url)]
    with server.connect() as connection:
        for table in ("ProductImages", "ProductDescription"):
            connection.execute(
                f'CREATE TEMP TABLE aside AS SELECT * FROM "{table}" ORDER BY ctid DESC'
            )
            connection.execute(
                f'TRUNCATE "{table}"; INSERT INTO "{table}" SELECT * FROM aside; DROP TABLE aside'
            )
    assert [dict(row.values) for row in rows(server.url)] == before


def test_a_database_becomes_a_snapshot(server: Server, admit: Admit, store: Folder) -> None:
    answer = admit(server.url)
    assert answer.code == 0, answer.stderr
    items = {item.id: item for item in Snapshot.open(store.path("snapshot", answer.id)).items}
    assert items["10"].title == "Blank texts"
    assert items["3"].image_url == ""
    assert PASSWORD not in (answer.reports / "data-verdict.json").read_text() + answer.stderr


def test_nothing_can_be_written_and_rows_come_in_batches(server: Server) -> None:
    with server.connect() as owner:
        owner.execute("CREATE SEQUENCE numbers")
    with pytest.raises(CatalogueError, match="read-only transaction"):
        list(rows(server.url, "SELECT nextval('numbers') AS id"))
    with server.connect() as watcher:
        reading = rows(
            server.url,
            "SELECT n AS id, repeat('x', 1000) AS title FROM generate_series(1, 200000) n",
        )
        next(reading)
        seen = watcher.execute(
            "SELECT query FROM pg_stat_activity WHERE query ILIKE '%FETCH FORWARD%'"
        ).fetchall()
        cursors = watcher.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        ).fetchone()
        assert seen or cursors == (1,), "the server was not asked for a cursor"
        reading.close()  # type: ignore[attr-defined]


def test_a_wrong_query_password_or_name_says_so(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    query = ReadOptions({}, "SELECT 1 AS number, 5 AS amount UNION ALL SELECT 2, 7")
    with pytest.raises(CatalogueError, match="no column for a title"):
        list(catalogue_rows(server.url, query))
    with pytest.raises(CatalogueError, match="does not exist"):
        list(rows(server.url, "SELECT 1 AS id FROM nowhere"))
    with pytest.raises(CatalogueError, match="leave the password out"):
        list(rows(server.url.replace("shop@", "shop:secret@")))
    monkeypatch.setenv("SEARCHBAR_SQL_PASSWORD", "wrong")
    with pytest.raises(CatalogueError, match="authentication failed"):
        list(rows(server.url))
    (tmp_path / "products.sql").write_text("SELECT {product_id} AS id FROM {product}")
    (tmp_path / "names.toml").write_text(
        'product = "Product\\"; DROP TABLE x; --"\nproduct_id = "ProductId"\n'
    )
    with pytest.raises(ConfigError, match="'product' must be a plain name"):
        reference_query(tmp_path / "products.sql")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("product = 'P'\n", "'product_id' is missing. Add it."),
        ("product = 'P'\nproduct_id = 'I'\nprodcut = 'P'\n", "Did you mean 'product'?"),
        ("product = 7\nproduct_id = 'I'\n", "'product' must be a text, not 7."),
        ("[product]\n", "'product' must be a text, not {}."),
        ("product = \n", "cannot be read: Invalid value"),
        (None, "cannot be read"),
    ],
)
def test_names_that_cannot_be_are_refused_by_file_and_key(
    tmp_path: Path, names: str | None, sentence: str
) -> None:
    (tmp_path / "products.sql").write_text("SELECT {product_id} AS id FROM {product}")
    if names is not None:
        (tmp_path / "names.toml").write_text(names)
    with pytest.raises(ConfigError) as refused:
        reference_query(tmp_path / "products.sql")
    assert str(refused.value).startswith(f"{tmp_path / 'names.toml'}")
    assert sentence in str(refused.value)


def test_a_query_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"Give one with --query") as refused:
        reference_query(tmp_path / "products.sql")
    assert refused.value.exit_code == 2


ODD = {
    "a date after 9999": "date '10000-01-01'",
    "a date before Christ": "date '0044-03-15 BC'",
    "an endless date": "date 'infinity'",
    "a moment after 9999": "timestamp '294276-12-31'",
    "an endless moment": "timestamptz '-infinity'",
    "a moment at the end of 9999": "timestamptz '9999-12-31 23:59:59-12'",
    "the end of a day": "time '24:00'",
    "a time with a zone": "timetz '24:00-15:59:59'",
    "a long interval": "interval '178000000 years'",
    "no number": "numeric 'NaN'",
    "an endless number": "numeric 'Infinity'",
    "a long number": "12345678901234567890123456789012345678.5::numeric",
    "a real that is none": "'NaN'::float8",
    "an array": "array['a', null, 'c']",
    "an array of endless dates": "array['infinity'::date]",
    "a range": "int4range(1, 10)",
    "a range of endless dates": "daterange('-infinity', 'infinity')",
    "json": """json '{"a": [1, "\\ud83d\\ude00"], "a": 2}'""",
    "deep json": "(repeat('[', 900) || repeat(']', 900))::json",
    "a long number in json": "('[' || repeat('9', 5000) || ']')::json",
    "bytes": "'\\xff00'::bytea",
    "a uuid": "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "money": "1.5::money",
    "an enum": "'small'::size",
    "an address": "inet '::1/64'",
    "a row": "row(1, 'a', timestamptz 'infinity')",
    "bits": "b'101'",
    "a point": "point '(1, 2)'",
    "control characters": "E'a\\x01b'",
    "a long text": "repeat('x', 1000000)",
}


def test_what_python_cannot_hold_is_its_rows_field(
    server: Server, admit: Admit, tmp_path: Path
) -> None:
    with server.connect() as owner:
        owner.execute("CREATE TYPE size AS ENUM ('small')")
    cases = [
        f"CASE WHEN i = {place} THEN {value} END AS c{place}"
        for place, value in enumerate(ODD.values(), 1)
    ]
    (query := tmp_path / "odd.sql").write_text(
        "SELECT i AS id, 'Item ' || i AS title, CASE WHEN i % 3 = 0 THEN timestamptz 'infinity'"
        f" ELSE timestamptz '2026-01-02' END AS updated_at, {', '.join(cases)}"
        " FROM generate_series(1, 300) i"
    )
    answer = admit(server.url, "--query", str(query))
    assert answer.code in (0, 1), answer.stderr
    facts = answer.verdict.facts
    assert facts["read"] == facts["accepted"] + facts["quarantined"] == 300
    assert {int(row["id"]) for row in answer.quarantine} == {
        place for place, name in enumerate(ODD, 1) if name in ("control characters", "a long text")
    }
    # Every third row; the last of those that are refused is one.
    assert facts["repaired_by_rule"]["date-shape"] == 100 - 1
    assert "Left out, since they hold no text: 'c21'." in answer.stderr
    for name, value in ODD.items():
        tried("sources", f"PostgreSQL: {name}: {value}", answer.code, answer.stderr)


def test_wide_values_stand_as_postgresql_writes_them(server: Server) -> None:
    values = [ODD[name] for name in ("a date before Christ", "an endless moment", "a uuid")]
    columns = [f"{value} AS c{place}" for place, value in enumerate(values)]
    (row,) = rows(server.url, f"SELECT {', '.join(columns)}, date '2026-01-02' AS d")
    assert [str(value) for value in row.values.values()] == [
        "0044-03-15 BC",
        "-infinity",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "2026-01-02",
    ]


def test_a_column_that_a_query_gives_twice_is_refused(server: Server) -> None:
    with pytest.raises(CatalogueError, match="gives the column 'id' twice"):
        list(rows(server.url, "SELECT 1 AS id, 'x' AS title, 2 AS id"))
