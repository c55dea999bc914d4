"""Here are a snapshot and a recipe: give me a sealed release, or the verdict that there must be none."""

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

from index_builder import lexical
from index_builder.cache import VectorCache, cache_folder
from index_builder.checks import check_answers, check_encoder
from index_builder.exported import exported_encoder
from index_builder.index import Live, write_index
from index_builder.job import Job
from index_builder.judgments import read_judgments
from index_builder.passages import PassageCutter
from index_builder.probes import choose_probes
from index_builder.quality import judge_alone, spending
from index_builder.recipe import Recipe
from index_builder.report import page
from index_builder.texts import texts_of
from index_builder.training import learn
from index_builder.unchanged import CHANGED
from index_builder.vectors import Plan, Stored, write_vectors
from release_format import release as names
from release_format.probes import write_probes
from release_format.program import now, say
from release_format.release import KIND, Release
from release_format.seal import FORMAT, MANIFEST, FileSeal, Manifest, link_or_copy, seal
from release_format.store import Store
from release_format.verdict import Condition, Verdict
from searchbar.cores import cores
from searchbar.engine import Engine
from searchbar.spans import Places

# Until judgments or known items say better, no answer is called a bad one.
NO_LEVELS = {"no_good_match": {"level": None, "score": "confidence", "from": "known items", "pairs": 0}}


class Refused(Exception):  # noqa: N818
    """The quality gate said no, or could not tell; leaves the staging directory, so that nothing is kept."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.sentence())
        self.verdict = verdict


def build(job: Job, store: Store, report: Path) -> Verdict:
    """Encode what changed, index, judge, seal."""
    started = time.monotonic()
    try:
        with store.staging(KIND) as directory:
            learned = learn(job, directory, write_content)
            verdict = judge(job, directory, learned)
            job.facts["seconds"] = round(time.monotonic() - started, 2)
            _write_verdict(directory, verdict)
            _write_verdict(report, verdict)
            if not verdict.says_yes:
                raise Refused(verdict)
            with _timed(job, "seal"):
                known = _link_unchanged(directory, job.live)
                seal(directory, kind=KIND, id=job.origin.id, made_from=asdict(job.origin), known=known)
    except Refused as refused:
        return refused.verdict
    return verdict


def write_content(job: Job, directory: Path) -> None:
    """Write everything that is computed from the snapshot: encoder, vectors, both indexes."""
    _write_choices(job, directory)
    with _timed(job, "encoder"):
        named = job.recipe.with_choices(encoder={"revision": job.revision}) if job.revision else job.recipe
        encoder = exported_encoder(named, job.weights, job.live)
        for file in encoder.iterdir():
            link_or_copy(file, directory / names.ENCODER / file.name)
    there = _places_in_live(job)
    # The words are indexed while texts are encoded: both leave the interpreter to the other.
    with ThreadPoolExecutor(1) as beside:
        words = beside.submit(_write_lexical, job, directory, there)
        with _timed(job, "vectors"):
            in_live = _write_vectors(job, directory, there)
        with _timed(job, "index"):
            _write_index(job, directory, in_live if there is not None else None)
        words.result()


def judge(job: Job, directory: Path, learned: Sequence[Condition] = ()) -> Verdict:
    """Choose probes and ask the finished directory, by the very code that serves, what the gate wants to know."""
    staged = Release(directory, Manifest(FORMAT, KIND, job.origin.id, asdict(job.origin), {}, now()))
    judged = read_judgments(job.judgments) if job.judgments else []
    # What a fresh process spends, what the encoder says again and what the texts are need nothing of what is asked
    # meanwhile.
    with _beside() as beside:
        with _timed(job, "judge"):
            spent = beside.submit(spending, staged, judged)
            if cores() == 1:  # It asks with one thread, and must have a core to itself.
                wait([spent])
            engine = Engine.open(staged)
            encoder = beside.submit(check_encoder, staged, engine.finder.encoder, _cutter(job.recipe, directory))
            texts = beside.submit(texts_of, staged)
            write_probes(directory / names.PROBES, choose_probes(staged, engine, job.recipe.probes))
            answers = check_answers(staged, engine, job.recipe.probes)
        with _timed(job, "quality"):
            quality = judge_alone(staged, engine, judged, spent, texts)
    say(texts.result().said)
    job.facts["quality"] = quality.facts
    conditions = [*encoder.result(), *answers, *quality.conditions, *learned]
    return Verdict("quality", job.origin.id, job.live.id if job.live else "", conditions, job.facts)


@contextmanager
def _beside() -> Iterator[ThreadPoolExecutor]:
    """A thread beside this one; of what waits for it nothing is begun any more once something went wrong here."""
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _write_choices(job: Job, directory: Path) -> None:
    (directory / names.RECIPE).write_text(job.recipe.to_toml(), encoding="utf-8")
    (directory / names.RULES).write_bytes(job.rules.read_bytes() if job.rules else b"")
    (directory / names.LEVELS).write_text(json.dumps(NO_LEVELS, indent=1) + "\n", encoding="utf-8")
    for name in (*job.snapshot.manifest.files, MANIFEST):
        link_or_copy(job.snapshot.path / name, directory / names.SNAPSHOT / name)


def _places_in_live(job: Job) -> Places | None:
    """Where each item stands in live; None without a live release, or where other code made it."""
    if not job.live or job.live.manifest.made_from["builder"] != job.origin.builder:
        return None
    return job.there


def _write_lexical(job: Job, directory: Path, there: Places | None) -> None:
    live = job.live
    base = lexical.Base(live.path / names.LEXICAL, live.items, there) if live and there is not None else None
    with _timed(job, "lexical"):
        job.facts["lexical"] = asdict(lexical.write(directory / names.LEXICAL, job.snapshot.items, base))


def _write_vectors(job: Job, directory: Path, there: Places | None) -> Places:
    """Write passages and vectors; returns where live has each vector, or CHANGED."""
    encoder = directory / names.ENCODER
    dimension = int(json.loads((encoder / "encoder.json").read_bytes())["dimension"])
    live = Stored.of(job.live) if job.live and job.weights.encoded(job.live) else Stored.none(dimension)
    cache = VectorCache(cache_folder() / "vectors" / job.weights.vectors_of, dimension)
    plan = _plan(job, directory, live, there)
    plan.write(directory)
    counts, in_live = write_vectors(directory, plan, encoder, job.weights.folder, cache, live)
    job.facts["vectors"] = asdict(counts)
    return in_live


def _write_index(job: Job, directory: Path, in_live: Places | None) -> None:
    live = None
    if job.live and in_live is not None:
        live = Live(job.live.path / names.INDEX, job.live.verdict.facts["index"], in_live)
    job.facts["index"] = asdict(write_index(directory, job.recipe.index_kind, live))


def _plan(job: Job, directory: Path, live: Stored, there: Places | None) -> Plan:
    """Which passages there are; items that live has in the same words, cut by the same code, are not cut again."""
    items = job.snapshot.items
    if there is None or not len(live.vectors) or not _cuts_as_live(job):
        there = np.full(len(items), CHANGED)
    cutter = _cutter(job.recipe, directory)
    return Plan.of(there, cutter.cut(items[place] for place in np.flatnonzero(there == CHANGED).tolist()), live)


def _cuts_as_live(job: Job) -> bool:
    return job.live is not None and all(
        job.live.recipe.get(table) == job.recipe.tables[table] for table in ("encoder", "text", "passages")
    )


def _cutter(recipe: Recipe, directory: Path) -> PassageCutter:
    return PassageCutter(recipe, Tokenizer.from_file(str(directory / names.ENCODER / "tokenizer.json")))


def _write_verdict(directory: Path, verdict: Verdict) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / names.VERDICT).write_text(verdict.to_json() + "\n", encoding="utf-8")
    (directory / names.REPORT).write_text(page(verdict), encoding="utf-8")


def _link_unchanged(directory: Path, live: Release | None) -> dict[str, FileSeal]:
    """Let files that are those of live be the very same ones, so that hosts ship and keep them once; says which."""
    if live is None:
        return {}
    known = {}
    for name, file in live.manifest.files.items():
        mine, theirs = directory / name, live.path / name
        if not mine.is_file() or mine.stat().st_size != file.bytes:
            continue
        if not mine.samefile(theirs):
            if not filecmp.cmp(mine, theirs, shallow=False):
                continue
            mine.unlink()
            link_or_copy(theirs, mine)
        if mine.samefile(theirs):
            known[name] = file
    return known


@contextmanager
def _timed(job: Job, step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    job.facts[f"{step}_seconds"] = round(time.monotonic() - started, 3)
