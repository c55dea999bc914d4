"""One row's trouble is never the run's: hostile cells anywhere, in every kind of source."""

from __future__ import annotations

import http.server
import threading
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data_checks.conftest import Admit
from tests.data_checks.sources.hostile import NAMES, VALUES, WRITERS, with_cells
from tests.refusals.tried import tried

QUERY = "SELECT * FROM products"
ROWS = 12
KINDS = (*WRITERS, "http")
CELLS = st.dictionaries(
    st.tuples(st.integers(0, ROWS - 1), st.sampled_from(NAMES)),
    st.sampled_from(VALUES) | st.text(max_size=40) | st.binary(max_size=40) | st.floats(),
    min_size=1,
    max_size=6,
)
HOW = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def assert_every_row_is_judged(
    kind: str, cells: dict[tuple[int, str], Any], admit: Admit, folder: Path, site: str
) -> None:
    written = "jsonl" if kind == "http" else kind
    path = folder / f"{uuid.uuid4().hex}.{written}"
    WRITERS[written](path, with_cells(ROWS, cells))
    address = {"http": f"{site}/{path.name}", "db": f"sqlite:///{path}"}.get(kind, str(path))
    (query := folder / "query.sql").write_text(QUERY)
    answer = admit(address, "--query", str(query), "--columns", "id=id,title=title")
    path.unlink()
    if written in ("csv", "tsv") and "neither UTF-8 nor Windows-1252. Save it" in answer.stderr:
        # Among so few rows a letter that is no text is as likely one of another code page.
        assert answer.code == 3
        return
    assert answer.code in (0, 1), answer.stderr
    facts = answer.verdict.facts
    assert (facts["read"], facts["accepted"] + facts["quarantined"]) == (ROWS, ROWS)
    # The other rows are none the worse for it.
    assert facts["accepted"] >= ROWS - len({number for number, _ in cells})
    assert (answer.reports / "data-report.html").stat().st_size
    assert len(answer.quarantine) == facts["quarantined"]
    tried("sources", f"hostile cells in a source of the kind {kind}", answer.code, answer.stderr)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_cell_is_its_rows_trouble(
    kind: str, admit: Admit, tmp_path: Path, site: str
) -> None:
    @settings(HOW, max_examples=2)
    @given(cells=CELLS)
    def judged(cells: dict[tuple[int, str], Any]) -> None:
        assert_every_row_is_judged(kind, cells, admit, tmp_path, site)

    judged()


@pytest.mark.proof
@pytest.mark.parametrize("kind", KINDS)
def test_many_hostile_cells_are_their_rows_trouble(
    kind: str, admit: Admit, tmp_path: Path, site: str
) -> None:
    @settings(HOW, max_examples=150)
    @given(cells=CELLS)
    def judged(cells: dict[tuple[int, str], Any]) -> None:
        assert_every_row_is_judged(kind, cells, admit, tmp_path, site)

    for value in VALUES:
        cells: dict[tuple[int, str], Any] = dict.fromkeys(enumerate(NAMES), value)
        assert_every_row_is_judged(kind, cells, admit, tmp_path, site)
    judged()
