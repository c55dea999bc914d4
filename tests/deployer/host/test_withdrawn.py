"""The list of withdrawn ids on a host: read as the server reads it, however it was written."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.host import withdrawn
from deployer.host.__main__ import VERBS
from deployer.host.facts import facts
from deployer.host.layout import HostError, Layout
from deployer.host.options import HostOptions
from searchbar.retrieval import withdrawn as served

WRITTEN = {
    "utf-8 with its mark": "\ufeffbowl-4\nvase-3\n".encode(),
    "utf-16 as PowerShell writes": "bowl-4\r\nvase-3\r\n".encode("utf-16"),
    "lines of old Macs": b"vase-3\rbowl-4\r",
    "spaces and blank lines": b"  vase-3 \t\n\n \nbowl-4",
}
BROKEN = {
    "latin-1": "krüge\n".encode("latin-1"),
    "utf-16 without its mark": "bowl-4\n".encode("utf-16-le"),
}
TEXTS = st.text(st.sampled_from("aü\u0308\u00e9 \t\r\n#\ufeff\u200b\u2028\x85\0"), max_size=12)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "site")
    layout.make()
    return layout


def withdraw(layout: Layout, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(ids)))
    VERBS["withdraw"](layout, HostOptions(layout.root, "withdraw"))


def both(content: bytes) -> list[list[str] | str]:
    """What host and server make of a list."""
    seen: list[list[str] | str] = []
    for lines_of in (withdrawn.lines_of, served.lines_of):
        try:
            seen.append(lines_of(content))
        except ValueError as error:
            seen.append(str(error))
    return seen


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=8), st.builds(str.encode, TEXTS, ENCODINGS)))
def test_host_and_server_read_the_same_lines(content: bytes) -> None:
    ours, theirs = both(content)
    assert ours == theirs


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS)
def test_host_and_server_read_the_same_ids_in_a_line(line: str) -> None:
    assert list(withdrawn.ids_of(line)) == list(served.ids_of(line))


@pytest.mark.parametrize("way", WRITTEN)
def test_a_list_in_any_spelling_is_a_fact_and_takes_more_ids(
    layout: Layout, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.withdrawn.write_bytes(WRITTEN[way])
    assert sorted(facts(layout, "searchbar")["withdrawn"]) == ["bowl-4", "vase-3"]
    withdraw(layout, ["cup-9"], monkeypatch)
    assert layout.withdrawn.read_bytes() == b"bowl-4\ncup-9\nvase-3\n"


@pytest.mark.parametrize("kind", BROKEN)
def test_a_list_that_cannot_be_read_is_told_and_kept(
    layout: Layout, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.withdrawn.write_bytes(BROKEN[kind])
    why = facts(layout, "searchbar")["withdrawn_why"]
    assert "cannot be read" in why
    assert why.endswith("Write it anew, as UTF-8.")
    with pytest.raises(HostError, match="cannot be read"):
        withdraw(layout, ["cup-9"], monkeypatch)
    assert layout.withdrawn.read_bytes() == BROKEN[kind]
