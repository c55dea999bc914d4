"""What somebody else wrote as JSON is read or refused in a sentence, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from release_format.probes import read_probes
from release_format.release import LEVELS, Release
from release_format.seal import FormatError, Manifest
from release_format.snapshot import QUARANTINE, Snapshot
from release_format.store.folder import Folder
from release_format.untrusted_json import parse_json
from release_format.verdict import Verdict

DEEP, HUGE = "[" * 100_000, "1e999"
MANIFEST = (
    '{"format": 2, "kind": "release", "id": "x", "made_from": {}, "created_at": "", "files": '
)


def channel(text: str, folder: Path) -> object:
    (folder / "channels/stage").mkdir(parents=True, exist_ok=True)
    (folder / "channels/stage/00000001.json").write_text(text, "utf-8", "surrogatepass")
    return Folder(folder).channel("stage")


def quarantine(text: str, folder: Path) -> object:
    (folder / QUARANTINE).write_text(text, "utf-8", "surrogatepass")
    return Snapshot(folder, None, None).quarantine()  # type: ignore[arg-type]


def probes(text: str, folder: Path) -> object:
    (folder / "probes.json").write_text(text, "utf-8", "surrogatepass")
    return read_probes(folder / "probes.json")


def levels(text: str, folder: Path) -> object:
    (folder / LEVELS).write_text(text, "utf-8", "surrogatepass")
    return Release(folder, None).levels  # type: ignore[arg-type]


def manifest(text: str, _: Path) -> object:
    return Manifest.from_json(text)


def verdict(text: str, _: Path) -> object:
    return Verdict.from_json(text)


READERS = (channel, quarantine, probes, levels, manifest, verdict)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "text",
    [
        DEEP,
        f'{{"conditions": {DEEP}',
        HUGE,
        f'{{"format": {HUGE}}}',
        f'{MANIFEST}{{"a": {{"sha256": "{"0" * 64}", "bytes": {HUGE}}}}}}}',
        f'{MANIFEST}{{"a": {{"sha256": "{"0" * 64}", "bytes": Infinity}}}}}}',
        '{"format": NaN}',
        "9" * 5000,
        '"\\ud800"',
        '[["a", "b"]]',
        '{"name": 1, "number": "1", "release": [], "image": {}, "since": null}',
        '{"name": "a", "number": 1, "release": "r", "image": "i", "since": "s", "hold": "x"}',
        '{"name": "a", "number": 1, "release": "r", "image": "i", "since": "s", "hold": [1]}',
    ],
    ids=lambda value: str(value)[:24],
)
def test_every_reader_refuses_what_it_cannot_hold(
    read: Callable[[str, Path], object], text: str, tmp_path: Path
) -> None:
    if read is levels and text.startswith('{"name"'):
        assert read(text, tmp_path)
        return
    with pytest.raises(FormatError, match=r"\.$"):
        read(text, tmp_path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["format", "files", "conditions", "answer", "question", "id", "hold"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(VALUES)
def test_any_json_is_read_or_refused_by_every_reader(tmp_path: Path, value: object) -> None:
    for read in READERS:
        try:
            read(json.dumps(value), tmp_path)
        except FormatError:
            continue


@pytest.mark.parametrize("text", ["1", '{"a": [1.5, -0.0, true, null]}', '"ü"', b'"\xc3\xbc"'])
def test_json_is_json(text: str | bytes) -> None:
    assert parse_json(text) == json.loads(text)


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "[" * 10**5, b"\xff", "", "{"])
def test_what_is_wrong_is_always_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)
