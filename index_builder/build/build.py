"""Builds a release: writes its content, judges it, and seals it where the gate says yes."""

from __future__ import annotations

import filecmp
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from index_builder.build.content import (
    ContentFacts,
    Stopwatch,
    cutter,
    indexed_in_live,
    write_learned,
)
from index_builder.build.fitted import open_fitted
from index_builder.quality.judgments import read_judgments
from index_builder.quality.probes import choose_probes
from index_builder.quality.release_checks import check_answers, check_encoder
from index_builder.quality.release_quality import judge_alone, spending
from index_builder.quality.text_stats import texts_of
from index_builder.reports.build_report import page
from index_builder.request.request import BuildRequest
from index_builder.training.training import TrainingFacts
from index_builder.training.unsealed import unsealed_release
from release_format import release as names
from release_format.probes import write_probes
from release_format.progress import say
from release_format.release import KIND, Release
from release_format.seal import FileSeal, link_or_copy, seal
from release_format.store.base import Store
from release_format.verdict import Condition, Verdict
from searchbar.cores import cores


class Refused(Exception):  # noqa: N818
    """The gate did not say yes: leaves the staging directory, so that nothing of it is kept."""


@dataclass(frozen=True)
class QualityFacts:
    """What asking the release took, and how it answered."""

    fit_seconds: float
    judge_seconds: float
    quality_seconds: float
    quality: Mapping[str, Any]


@dataclass(frozen=True)
class BuildFacts:
    """What the steps of a build found out; no `training` where nothing was to be learned."""

    content: ContentFacts
    training: TrainingFacts | None
    quality: QualityFacts
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As the verdict has them, where report and run read them."""
        facts = asdict(self)
        steps = (facts.pop("content"), facts.pop("training") or {}, facts.pop("quality"))
        return {**steps[0], **steps[1], **steps[2], **facts}


def build(request: BuildRequest, store: Store, report: Path) -> Verdict:
    """Encode what changed, index, judge, seal."""
    started = time.monotonic()
    with suppress(Refused), store.staging(KIND) as directory:
        content, training = write_learned(request, directory)
        conditions, quality = judge(request, directory)
        if training:
            conditions.append(training.condition)
        seconds = round(time.monotonic() - started, 2)
        facts = BuildFacts(content, training, quality, seconds).to_json()
        live = request.live.id if request.live else ""
        verdict = Verdict("quality", request.origin.id, live, conditions, facts)
        _write_verdict(directory, verdict)
        _write_verdict(report, verdict)
        if not verdict.says_yes:
            raise Refused
        with Stopwatch() as sealing:
            known = _taken(directory, request)
            made_from = asdict(request.origin)
            seal(directory, kind=KIND, id=request.origin.id, made_from=made_from, known=known)
        verdict = replace(verdict, facts=facts | {"seal_seconds": sealing.seconds})
    return verdict


def judge(request: BuildRequest, directory: Path) -> tuple[list[Condition], QualityFacts]:
    """Choose probes, and measure what the gate asks by the very code that serves."""
    staged = unsealed_release(request, directory)
    judged = read_judgments(request.judgments) if request.judgments else []
    # What a fresh process spends, and then what the encoder says again, need nothing of what is
    # asked meanwhile, which takes about as long.
    with _background() as background:
        spent = background.submit(spending, staged, judged)
        if cores() == 1:  # It asks with one thread, and must have a core to itself.
            wait([spent])
        with Stopwatch() as fitting:
            fitted = open_fitted(request, staged, judged)
            engine = fitted.engine
        with Stopwatch() as judging:
            encoder = background.submit(
                check_encoder, staged, engine.retriever.encoder, cutter(request, directory)
            )
            write_probes(
                directory / names.PROBES, choose_probes(staged, engine, request.recipe.probes)
            )
            answers = check_answers(staged, engine, request.recipe.probes)
        with Stopwatch() as measuring:
            texts = texts_of(staged, request.live, indexed_in_live(request))
            quality = judge_alone(staged, engine, judged, spent, texts)
    say(texts.summary)
    conditions = [*encoder.result(), *answers, *quality.conditions]
    facts = {**quality.facts, **fitted.facts}
    return conditions, QualityFacts(fitting.seconds, judging.seconds, measuring.seconds, facts)


@contextmanager
def _background() -> Iterator[ThreadPoolExecutor]:
    """A second thread; what waits for it is not begun any more once something went wrong here."""
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _write_verdict(directory: Path, verdict: Verdict) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / names.VERDICT).write_text(verdict.to_json() + "\n", encoding="utf-8")
    (directory / names.REPORT).write_text(page(verdict), encoding="utf-8")


def _taken(directory: Path, request: BuildRequest) -> dict[str, FileSeal]:
    """The seals of the files that are those of the snapshot and of live: both were checked when
    they were opened."""
    known = _link_unchanged(directory, request.live)
    for name, file in request.snapshot.manifest.files.items():
        own = f"{names.SNAPSHOT}/{name}"
        if own not in known and (directory / own).samefile(request.snapshot.path / name):
            known[own] = file
    return known


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
        if not own.samefile(live_file) and filecmp.cmp(own, live_file, shallow=False):
            own.unlink()
            link_or_copy(live_file, own)
        if own.samefile(live_file):
            known[name] = file
    return known
