"""Whole builds of small catalogues with the real model, typed as a person would type them."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index_builder.build import build
from index_builder.quality import release_quality
from release_format import release as names
from release_format.items import Item, read_offsets
from release_format.release import Release
from release_format.seal import check_seal
from release_format.store.folder import Folder
from searchbar.engine import Engine
from searchbar.query.question import Question
from tests.index_builder.conftest import CATALOGUE, ROOT, Admit, Line, catalogue_items

EVERY_FILE = {
    names.RECIPE,
    names.RULES,
    names.LEVELS,
    names.VERDICT,
    names.REPORT,
    names.PROBES,
    names.VECTORS,
    names.PASSAGES,
    names.TEXT_DIGESTS,
    names.INDEX,
    "columns/columns.json",
    *(f"columns/{file}" for file in ("0.rank.npy", "1.rank.npy", "2.rank.npy", "3.npy")),
    "encoder/model.onnx",
    "encoder/token_vectors.npy",
    "encoder/tokenizer.json",
    "encoder/encoder.json",
    "snapshot/items.jsonl",
    "snapshot/items.offsets",
    "snapshot/quarantine.jsonl",
    "snapshot/manifest.json",
    "snapshot/verdict.json",
}
QUESTIONS = (
    "edit photos",
    "watch changes of source code",
    "play old games",
    "a database in one file",
    "make music",
)


def changed(items: list[Item], every: int = 20) -> list[Item]:
    """One item in so many says something else; one goes, one comes."""
    others = [
        (
            replace(item, description=f"{item.description} It was changed since.")
            if n % every == 0
            else item
        )
        for n, item in enumerate(items)
    ]
    return sorted(
        [*others[:-1], Item("zzz-new", "Brand new", "A thing that did not exist before.")],
        key=lambda i: i.id,
    )


def facts(release: Release) -> dict[str, int]:
    counts: dict[str, int] = release.verdict.facts["vectors"]
    return counts


def leftovers(store: Folder) -> list[str]:
    folder = store.root / "releases"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def vectors(release: Release) -> NDArray[np.float32]:
    loaded: NDArray[np.float32] = np.load(release.path / names.VECTORS).astype(np.float32)
    return loaded


def test_a_release_holds_all_that_a_server_needs(line: Line, admit: Admit) -> None:
    snapshot = admit(catalogue_items())
    release = line.release(
        snapshot.id,
        "--rules",
        str(CATALOGUE / "rules.toml") if (CATALOGUE / "rules.toml").is_file() else os.devnull,
    )
    assert {
        name for name in release.manifest.files if not name.startswith("lexical/")
    } == EVERY_FILE
    assert release.manifest.files["columns/0.rank.npy"].bytes <= 128 + 4 * len(release.items)
    assert release.manifest.made_from["snapshot"] == snapshot.id
    assert release.verdict.says_yes
    assert set(names.MADE_FROM) == set(release.manifest.made_from)
    assert release.encoder["dimension"] == vectors(release).shape[1] == 384
    assert len(read_offsets(release.path / names.PASSAGES)) == len(release.items) + 1
    assert len(release.probes) == 12
    assert Engine.open(release).search(Question("photo editor")).hits
    assert json.loads((line.reports / "verdict.json").read_bytes())["says_yes"]
    assert release.path.stat().st_mode & 0o005 == 0o005


def test_nothing_to_do_takes_no_time_and_no_torch(line: Line, admit: Admit) -> None:
    snapshot = admit(catalogue_items(30))
    release = line.release(snapshot.id)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    again = subprocess.run(
        [*line.arguments(snapshot.id)[:1], "-X", "importtime", *line.arguments(snapshot.id)[1:]],
        cwd=ROOT, text=True, capture_output=True, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert again.stdout.split() == [release.id]
    imported = {row.rpartition("|")[2].strip() for row in again.stderr.splitlines() if "|" in row}
    assert "index_builder.request.request" in imported
    assert not imported & {
        "torch",
        "sentence_transformers",
        "faiss",
        "openvino",
        "onnxruntime",
        "sklearn",
    }
    # Of the processor, so that a busy machine does not count.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
    assert line.build(snapshot.id, "--id-only").stdout.split() == [release.id]


def test_a_rebuild_encodes_what_changed_and_equals_a_build_from_scratch(
    line: Line, admit: Admit, store: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = admit(catalogue_items()), admit(changed(catalogue_items()))
    live = line.release(before.id)
    _forget_vectors(tmp_path, monkeypatch)
    rebuilt = line.release(after.id, "--live", live.id)
    counts = facts(rebuilt)
    assert (counts["from_live"], counts["from_cache"], counts["encoded"]) == (
        counts["passages"] - 5,
        0,
        5,
    )
    shutil.move(rebuilt.path, tmp_path / "rebuilt")
    _forget_vectors(tmp_path, monkeypatch)
    scratch = line.release(after.id)
    assert facts(scratch)["encoded"] == facts(scratch)["passages"]
    rebuilt = Release.open(tmp_path / "rebuilt")
    _assert_equal(rebuilt, scratch)


def _forget_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own with the exported encoder, and no vectors."""
    cache = tmp_path / "cache"
    shutil.rmtree(cache / "vectors", ignore_errors=True)
    if not cache.exists():
        cache.mkdir()
        (cache / "encoders").symlink_to(ROOT / "var/cache/encoders")
    monkeypatch.setenv("SEARCHBAR_CACHE", str(cache))


def _assert_equal(left: Release, right: Release) -> None:
    """Same id, same passages, vectors within rounding, same answers."""
    assert left.id == right.id
    for name in (names.PASSAGES, names.TEXT_DIGESTS, "snapshot/items.jsonl", "encoder/model.onnx"):
        assert left.manifest.files[name] == right.manifest.files[name], name
    assert float((vectors(left) * vectors(right)).sum(axis=1).min()) >= 0.9995
    assert left.verdict.facts["quality"]["texts"] == right.verdict.facts["quality"]["texts"]
    first, second = Engine.open(left), Engine.open(right)
    for question in QUESTIONS:
        mine, theirs = first.search(Question(question)).hits, second.search(Question(question)).hits
        assert [hit.id for hit in mine] == [hit.id for hit in theirs], question


def _made(count: int) -> list[Item]:
    """Items of words that the bundled catalogue uses, more of them than it has."""
    words = sorted(
        {
            word
            for item in catalogue_items(400)
            for word in item.description.split()
            if word.isalpha()
        }
    )
    draw = random.Random(5)
    return [
        Item(
            f"id-{n:04}",
            " ".join(draw.sample(words, 2)).title(),
            " ".join(draw.sample(words, 14)) + ".",
        )
        for n in range(count)
    ]


def test_a_rebuild_goes_on_from_the_sketches_of_live(
    line: Line, admit: Admit, tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text('[index]\nkind = "sketch"\n', encoding="utf-8")
    recipe = ("--recipe", str(tmp_path / "recipe.toml"))
    items = _made(1_100)
    live = line.release(admit(items).id, *recipe)
    assert live.verdict.facts["index"] == {"kind": "sketch", "from_live": 0, "since": 0}
    # One comes before all others, one goes, one takes the text of another, five say something else.
    after = [
        Item("a", "First", "Before all others now."),
        *changed(items[:300], every=60)[:-1],
        *items[300:],
    ]
    after[500] = replace(items[700], id=after[500].id)
    rebuilt = line.release(admit(after).id, *recipe, "--live", live.id)
    assert rebuilt.verdict.facts["index"] == {"kind": "sketch", "from_live": 1_094, "since": 6}
    dense = Engine.open(rebuilt).retriever.dense
    twins = {500, after.index(items[700])}
    for position, vector in enumerate(vectors(rebuilt)):
        nearest = int(dense.nearest(vector, 1)[0])
        assert nearest == position or {nearest, position} == twins
    again = line.release(admit(after[1:]).id, *recipe, "--live", rebuilt.id)
    assert again.verdict.facts["index"] == {"kind": "sketch", "from_live": 1_099, "since": 6}


def test_files_that_did_not_change_are_those_of_live(
    line: Line, admit: Admit, tmp_path: Path
) -> None:
    snapshot = admit(catalogue_items(40))
    live = line.release(snapshot.id)
    (tmp_path / "rules.toml").write_text(
        f'[[hides]]\nid = "{snapshot.items[0].id}"\n', encoding="utf-8"
    )
    other = line.release(snapshot.id, "--live", live.id, "--rules", str(tmp_path / "rules.toml"))
    assert other.id != live.id
    assert facts(other)["encoded"] == 0
    assert other.verdict.facts["lexical"] == {"written": 0, "from_live": 40}
    assert (
        Engine.open(other).search(Question(snapshot.items[1].title)).hits[0].id
        == snapshot.items[1].id
    )
    segments = [
        path
        for path in (live.path / "lexical").iterdir()
        if path.suffix in (".idx", ".term", ".pos")
    ]
    assert len(segments) == 3
    assert all(path.samefile(other.path / "lexical" / path.name) for path in segments)
    linked = {name for name in EVERY_FILE if (other.path / name).samefile(live.path / name)}
    assert linked >= {
        names.VECTORS,
        names.INDEX,
        names.PASSAGES,
        "encoder/model.onnx",
        "snapshot/items.jsonl",
    }
    assert names.RULES not in linked
    check_seal(live.path)


def test_on_one_core_what_a_fresh_process_spends_is_measured_alone(
    line: Line, admit: Admit, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = []

    def told(module: ModuleType, name: str) -> None:
        real = getattr(module, name)

        def act(*given: Any) -> Any:
            happened.append(f"{name} begins")
            made = real(*given)
            happened.append(f"{name} ends")
            return made

        monkeypatch.setattr(module, name, act)

    monkeypatch.setattr(build, "cores", lambda: 1)
    told(release_quality, "budget")
    told(build, "choose_probes")
    line.release(admit(catalogue_items(40)).id)
    assert happened == [
        "budget begins",
        "budget ends",
        "choose_probes begins",
        "choose_probes ends",
    ]


def test_a_refused_release_leaves_its_reports_and_nothing_else(
    line: Line, admit: Admit, tmp_path: Path, store: Folder
) -> None:
    # Many items without a difference cannot be told apart by any question.
    items = [Item(f"id{n:03}", "The same", "The very same thing.") for n in range(40)]
    done = line.build(admit(items).id, check=1)
    assert done.stdout == ""
    assert "The quality gate says no" in done.stderr
    assert leftovers(store) == []
    verdict = json.loads((line.reports / "verdict.json").read_bytes())
    assert not verdict["says_yes"]
    assert (line.reports / "report.html").is_file()


def test_an_interrupted_build_leaves_no_release_and_goes_on(
    line: Line, admit: Admit, store: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = catalogue_items(400)
    line.release(admit(items[:20]).id)
    _forget_vectors(tmp_path, monkeypatch)
    snapshot = admit(items)
    for ending in (signal.SIGINT, signal.SIGKILL):
        cached = _cached_bytes(tmp_path)
        process = line.start(snapshot.id)
        deadline = time.monotonic() + 60
        while (
            _cached_bytes(tmp_path) == cached
            and process.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.01)
        process.send_signal(ending)
        assert process.stderr
        said = process.stderr.read()
        assert process.wait() != 0, said
        assert not [
            name
            for name in store.ids("release")
            if Release.open(store.path("release", name)).items.__len__() > 20
        ]
        if ending == signal.SIGINT:
            assert "interrupted" in said
            assert len(leftovers(store)) == 1
    last = line.release(snapshot.id)
    assert last.id in leftovers(store)
    assert len(leftovers(store)) == 2, "what the killed build left is still there"
    counts = facts(last)
    assert counts["from_cache"] > 0
    assert counts["from_cache"] + counts["encoded"] == counts["passages"]


def _cached_bytes(tmp_path: Path) -> int:
    return sum(path.stat().st_size for path in (tmp_path / "cache" / "vectors").glob("*"))


def test_two_builds_of_one_release_both_end_well(line: Line, admit: Admit, store: Folder) -> None:
    snapshot = admit(catalogue_items(50))
    both = [line.start(snapshot.id) for _ in range(2)]
    ended = [(process.communicate(), process.returncode) for process in both]
    assert [code for _, code in ended] == [0, 0], ended
    ids = {out.strip().splitlines()[-1] for (out, _), _ in ended}
    assert leftovers(store) == sorted(ids)
    assert len(ids) == 1
    check_seal(store.path("release", ids.pop()))


def test_a_full_disk_seals_nothing(line: Line, admit: Admit, store: Folder, tmp_path: Path) -> None:
    snapshot = admit(catalogue_items(50))
    full = tmp_path / "full"
    full.mkdir()
    script = (
        'mount -t tmpfs -o size=8m none "$0" && cp -r "$1" "$0/snapshots" && shift && "$@";'
        ' code=$?; ls -A "$FULL/releases"; exit $code'
    )
    arguments = [*line.arguments(str(full / "snapshots" / snapshot.id)), "--store", str(full)]
    done = subprocess.run(
        [
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "bash",
            "-c",
            script,
            str(full),
            str(store.root / "snapshots"),
            *arguments,
        ],
        cwd=ROOT,
        env=os.environ | {"FULL": str(full)},
        text=True,
        capture_output=True,
    )
    if "unshare failed" in done.stderr or "permission denied" in done.stderr.lower():
        assert not os.environ.get("CI"), done.stderr
        pytest.skip("this machine lets nobody mount a small disk")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "the disk is full" in done.stderr
    assert done.stdout == "", "something was left behind"


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (["nothing"], 2, "nothing"),
        (["{snapshot}", "--live", "deadbeef"], 2, "deadbeef"),
        (["{snapshot}", "--recipe", "/nowhere.toml"], 2, "nowhere.toml"),
        (["{snapshot}", "--rules", "/nowhere.toml"], 2, "there is no /nowhere.toml"),
        (["{snapshot}", "--lvie", "x"], 2, "--help"),
        ([], 2, "SNAPSHOT"),
    ],
)
def test_wrong_usage_is_told(
    line: Line, admit: Admit, given: list[str], code: int, says: str
) -> None:
    id = admit(catalogue_items(5)).id
    done = line.build(*(argument.format(snapshot=id) for argument in given), check=code)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_taken_over_from_a_damaged_live_release(line: Line, admit: Admit) -> None:
    live = line.release(admit(catalogue_items(30)).id)
    path = live.path / names.VECTORS
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    done = line.build(admit(catalogue_items(31)).id, "--live", live.id, check=3)
    assert f"{names.VECTORS} was changed after it was sealed" in done.stderr


def test_a_damaged_snapshot_is_named(line: Line, admit: Admit) -> None:
    snapshot = admit(catalogue_items(5))
    path = snapshot.path / "items.jsonl"
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    done = line.build(snapshot.id, check=3)
    assert "items.jsonl was changed after it was sealed" in done.stderr
