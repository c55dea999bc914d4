"""Builds a release: writes its content, judges it, and seals it where the gate says yes."""

from __future__ import annotations

import filecmp
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.passages import PassageCutter
from index_builder.encoding.vector_cache import VectorCache, cache_folder
from index_builder.encoding.vectors import PassagePlan, StoredVectors, write_vectors
from index_builder.indexing import lexical
from index_builder.indexing.dense import LiveIndex, write_index
from index_builder.quality.judgments import read_judgments
from index_builder.quality.probes import choose_probes
from index_builder.quality.release_checks import check_answers, check_encoder
from index_builder.quality.release_quality import judge_alone, spending
from index_builder.quality.text_stats import texts_of
from index_builder.recipe import Recipe
from index_builder.reports.build_report import page
from index_builder.request.request import BuildRequest
from index_builder.training.training import learn
from index_builder.unchanged import CHANGED
from release_format import release as names
from release_format.probes import write_probes
from release_format.progress import say
from release_format.release import KIND, Release
from release_format.run_log import now
from release_format.seal import FORMAT, MANIFEST, FileSeal, Manifest, link_or_copy, seal
from release_format.store.base import Store
from release_format.verdict import Condition, Verdict
from searchbar.cores import cores
from searchbar.engine import Engine
from searchbar.retrieval.ranges import Places

# Until judgments or known items say better, no answer is called a bad one.
NO_LEVELS = {
    "no_good_match": {"level": None, "score": "confidence", "from": "known items", "pairs": 0}
}


class Refused(Exception):  # noqa: N818
    """The quality gate said no, or could not tell.

    Raised inside the staging directory, so that nothing of it is kept.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.sentence())
        self.verdict = verdict


def build(request: BuildRequest, store: Store, report: Path) -> Verdict:
    """Encode what changed, index, judge, seal."""
    started = time.monotonic()
    try:
        with store.staging(KIND) as directory:
            learned = learn(request, directory, write_content)
            verdict = judge(request, directory, learned)
            request.facts["seconds"] = round(time.monotonic() - started, 2)
            _write_verdict(directory, verdict)
            _write_verdict(report, verdict)
            if not verdict.says_yes:
                raise Refused(verdict)
            with _timed(request, "seal"):
                known = _link_unchanged(directory, request.live)
                made_from = asdict(request.origin)
                seal(directory, kind=KIND, id=request.origin.id, made_from=made_from, known=known)
    except Refused as refused:
        return refused.verdict
    return verdict


def write_content(request: BuildRequest, directory: Path) -> None:
    """Write everything that is computed from the snapshot: encoder, vectors, both indexes."""
    _write_choices(request, directory)
    with _timed(request, "encoder"):
        recipe = request.recipe
        if request.revision:
            recipe = recipe.with_choices(encoder={"revision": request.revision})
        encoder = exported_encoder(recipe, request.weights, request.live)
        for file in encoder.iterdir():
            link_or_copy(file, directory / names.ENCODER / file.name)
    places = _places_in_live(request)
    # The words are indexed while texts are encoded: both leave the interpreter to the other.
    with ThreadPoolExecutor(1) as pool:
        lexical_written = pool.submit(_write_lexical, request, directory, places)
        with _timed(request, "vectors"):
            rows = _write_vectors(request, directory, places)
        with _timed(request, "index"):
            _write_index(request, directory, rows if places is not None else None)
        lexical_written.result()


def judge(request: BuildRequest, directory: Path, learned: Sequence[Condition] = ()) -> Verdict:
    """Choose probes, and measure what the gate asks by the very code that serves."""
    origin = request.origin
    staged = Release(directory, Manifest(FORMAT, KIND, origin.id, asdict(origin), {}, now()))
    judged = read_judgments(request.judgments) if request.judgments else []
    # What a fresh process spends, what the encoder says again and what the texts are need nothing
    # of what is asked meanwhile.
    with _background() as background:
        with _timed(request, "judge"):
            spent = background.submit(spending, staged, judged)
            if cores() == 1:  # It asks with one thread, and must have a core to itself.
                wait([spent])
            engine = Engine.open(staged)
            encoder = background.submit(
                check_encoder, staged, engine.retriever.encoder, _cutter(request.recipe, directory)
            )
            texts = background.submit(texts_of, staged)
            write_probes(
                directory / names.PROBES, choose_probes(staged, engine, request.recipe.probes)
            )
            answers = check_answers(staged, engine, request.recipe.probes)
        with _timed(request, "quality"):
            quality = judge_alone(staged, engine, judged, spent, texts)
    say(texts.result().summary)
    request.facts["quality"] = quality.facts
    conditions = [*encoder.result(), *answers, *quality.conditions, *learned]
    return Verdict(
        "quality",
        request.origin.id,
        request.live.id if request.live else "",
        conditions,
        request.facts,
    )


@contextmanager
def _background() -> Iterator[ThreadPoolExecutor]:
    """A second thread; what waits for it is not begun any more once something went wrong here."""
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _write_choices(request: BuildRequest, directory: Path) -> None:
    (directory / names.RECIPE).write_text(request.recipe.to_toml(), encoding="utf-8")
    (directory / names.RULES).write_bytes(request.rules.read_bytes() if request.rules else b"")
    (directory / names.LEVELS).write_text(json.dumps(NO_LEVELS, indent=1) + "\n", encoding="utf-8")
    for name in (*request.snapshot.manifest.files, MANIFEST):
        link_or_copy(request.snapshot.path / name, directory / names.SNAPSHOT / name)


def _places_in_live(request: BuildRequest) -> Places | None:
    """Where live has each item; None without a live release, or where other code made it."""
    if not request.live or request.live.manifest.made_from["builder"] != request.origin.builder:
        return None
    return request.places_in_live


def _write_lexical(request: BuildRequest, directory: Path, places: Places | None) -> None:
    live = None
    if request.live and places is not None:
        live = lexical.LiveLexical(request.live.path / names.LEXICAL, request.live.items, places)
    with _timed(request, "lexical"):
        counts = lexical.write(directory / names.LEXICAL, request.snapshot.items, live)
        request.facts["lexical"] = asdict(counts)


def _write_vectors(request: BuildRequest, directory: Path, places: Places | None) -> Places:
    """Write passages and vectors; returns live's row of each vector, or CHANGED."""
    encoder = directory / names.ENCODER
    dimension = int(json.loads((encoder / "encoder.json").read_bytes())["dimension"])
    live = (
        StoredVectors.of(request.live)
        if request.live and request.weights.encoded(request.live)
        else StoredVectors.none(dimension)
    )
    cache = VectorCache(cache_folder() / "vectors" / request.weights.vectors_of, dimension)
    plan = _plan(request, directory, live, places)
    plan.write(directory)
    counts, rows = write_vectors(directory, plan, encoder, request.weights.folder, cache, live)
    request.facts["vectors"] = asdict(counts)
    return rows


def _write_index(request: BuildRequest, directory: Path, rows: Places | None) -> None:
    live = None
    if request.live and rows is not None:
        live = LiveIndex(request.live.path / names.INDEX, request.live.verdict.facts["index"], rows)
    request.facts["index"] = asdict(write_index(directory, request.recipe.index_kind, live))


def _plan(
    request: BuildRequest, directory: Path, live: StoredVectors, places: Places | None
) -> PassagePlan:
    """The passages of a release.

    Items that live has in the same words, cut by the same code, are not cut again.
    """
    items = request.snapshot.items
    if places is None or not len(live.vectors) or not _cuts_as_live(request):
        places = np.full(len(items), CHANGED)
    changed = (items[position] for position in np.flatnonzero(places == CHANGED).tolist())
    return PassagePlan.of(places, _cutter(request.recipe, directory).cut(changed), live)


def _cuts_as_live(request: BuildRequest) -> bool:
    return request.live is not None and all(
        request.live.recipe.get(table) == request.recipe.tables[table]
        for table in ("encoder", "text", "passages")
    )


def _cutter(recipe: Recipe, directory: Path) -> PassageCutter:
    path = directory / names.ENCODER / "tokenizer.json"
    return PassageCutter(recipe, Tokenizer.from_file(str(path)))


def _write_verdict(directory: Path, verdict: Verdict) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / names.VERDICT).write_text(verdict.to_json() + "\n", encoding="utf-8")
    (directory / names.REPORT).write_text(page(verdict), encoding="utf-8")


def _link_unchanged(directory: Path, live: Release | None) -> dict[str, FileSeal]:
    """Link the files that are equal to live's, so that hosts ship and keep them once.

    Returns the seals of those.
    """
    if live is None:
        return {}
    known = {}
    for name, file in live.manifest.files.items():
        own, live_file = directory / name, live.path / name
        if not own.is_file() or own.stat().st_size != file.bytes:
            continue
        if not own.samefile(live_file):
            if not filecmp.cmp(own, live_file, shallow=False):
                continue
            own.unlink()
            link_or_copy(live_file, own)
        if own.samefile(live_file):
            known[name] = file
    return known


@contextmanager
def _timed(request: BuildRequest, step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    request.facts[f"{step}_seconds"] = round(time.monotonic() - started, 3)
