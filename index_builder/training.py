"""Here is a build whose recipe learns: give me its content, with what was learned where that won."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from index_builder import trial
from index_builder.adapter import fit
from index_builder.cache import cache_folder
from index_builder.exported import Weights
from index_builder.gate import read_bounds
from index_builder.holdouts import Parts, split
from index_builder.job import Job
from index_builder.judgments import Judged, missing_items, read_judgments, share_gone
from index_builder.pairs import Pair, Pairs, Texts, gather, with_negatives
from index_builder.recipe import ADAPTER, NONE, BuildError
from index_builder.trial import FEWEST, Trial, try_out
from index_builder.weights import digest_of_weights
from release_format.program import USAGE, now, say
from release_format.release import KIND, Release
from release_format.seal import FORMAT, Manifest, digest_of, digest_of_file, write_atomically
from release_format.verdict import Answer, Condition, Severity
from searchbar.adapter import FILE
from searchbar.engine import Engine

CODE = tuple(Path(__file__).with_name(name) for name in ("finetune.py", "adapter.py"))
COMPUTES = ("accelerate", "sentence-transformers", "torch", "transformers")
TRIAL, TAUGHT = "trial.json", "taught.json"
KEPT_ENCODERS = 3
ALLOWED = "a gain on held-out questions whose whole interval lies above zero, and no certain loss anywhere"

Write = Callable[[Job, Path], None]


@dataclass(frozen=True)
class Course:
    """What one build learns from, and what its learning is named by."""

    job: Job
    texts: Texts
    parts: Parts
    pairs: Pairs
    gone: int

    @property
    def revision(self) -> str:
        """A name for what is learned: from whom, from what, how, and by what code."""
        chosen = asdict(self.job.recipe.training)
        settings = {name: chosen[name] for name in ("train", "steps", "batch", "learning_rate", "tokens", "seed")}
        code = [digest_of_file(path) for path in CODE]
        return digest_of([self.job.weights.sha256, self.pairs.digest, settings, code, _versions()])

    @property
    def learned_items(self) -> frozenset[str]:
        return frozenset(pair.item for pair in self.pairs.learn)


def learn(job: Job, directory: Path, write: Write) -> list[Condition]:
    """Write the content of a release, learn, try it, and keep it only where it wins; says so in the job's facts.

    Args:
        write: writes the content of a job into an empty directory.

    Raises:
        BuildError: there is nothing to learn from, or learning broke. Nothing is kept then.
    """
    if job.recipe.training.train == NONE:
        write(job, directory)
        return []
    judged = [one for one in (read_judgments(job.judgments) if job.judgments else ()) if one.relevant]
    texts = Texts(job.snapshot.items, job.recipe)
    gone = missing_items(judged, {id for one in judged for id in one.relevant if texts.item(id)})
    share, bound = share_gone(judged, gone), read_bounds().absolute["judgments-gone"]
    if bound.block is not None and share > bound.block:
        write(job, directory)
        why = f"{share:.0%} of the judged answers are gone, at most {bound.block:.0%} may"
        return [_told(job, {"kept": False, "made": "not tried", "why": why})]
    course = course_of(job, judged, texts, len(gone))
    return [_told(job, _adapt(course, directory, write) if _adapts(job) else _finetune(course, directory, write))]


def opened(directory: Path, job: Job) -> Engine:
    """An engine over content that is not sealed yet."""
    return Engine.open(Release(directory, Manifest(FORMAT, KIND, job.origin.id, asdict(job.origin), {}, now())))


def _adapts(job: Job) -> bool:
    return job.recipe.training.train == ADAPTER


def course_of(job: Job, judged: Sequence[Judged], texts: Texts, gone: int = 0) -> Course:
    """What a build learns from, and what it is tried on.

    Raises:
        BuildError: too few questions can be held out to tell anything.
    """
    there = [replace(one, relevant={id: g for id, g in one.relevant.items() if texts.item(id)}) for one in judged]
    chosen = job.recipe.training
    parts = split([one for one in there if one.relevant], chosen.holdout, chosen.seed, texts.name)
    if len(parts.held_out) < FEWEST or not parts.learn:
        raise BuildError(
            f"of {len(judged)} judged questions only {len(parts.held_out)} can be held out so that they share no item"
            f" with what is learned from; {FEWEST} are needed to tell whether learning helped."
            ' Judge more questions about other items, or say train = "none" in [train].',
            USAGE,
        )
    return Course(job, texts, parts, gather(texts, parts, job.questions, job.recipe), gone)


def _adapt(course: Course, directory: Path, write: Write) -> dict[str, Any]:
    write(course.job, directory)
    started, before = time.monotonic(), opened(directory, course.job)
    fitted = fit(before, course.parts.learn, course.parts.stop)
    spent = {"seconds": round(time.monotonic() - started, 2), "strength": fitted.strength, "ranks": fitted.ranks}
    np.save(directory / FILE, fitted.matrix)
    tried = _tried(course, before, opened(directory, course.job))
    if not tried.decision[0]:
        (directory / FILE).unlink()
    return _facts(course, "trained", tried) | spent


def _finetune(course: Course, directory: Path, write: Write) -> dict[str, Any]:
    known, weights = _known_trial(course), _weights(course)
    if known and (weights or not known["kept"]):
        _write_told(course, _with(course, weights) if weights and known["kept"] else course.job, directory, write)
        return {**known, "made": "reused"}
    write(course.job, directory)
    before = opened(directory, course.job)
    taught = taught_by(course, before)
    trained = with_taught(course)
    with tempfile.TemporaryDirectory(prefix=".unsealed.", dir=directory.parent) as work:
        other = Path(work) / "release"
        other.mkdir()
        write(trained, other)
        tried = _tried(course, before, opened(other, trained))
        if tried.decision[0]:
            _replace(directory, other)
            course.job.facts.update(trained.facts)
    facts = _facts(course, "trained", tried) | taught
    write_atomically(_folder(course) / TRIAL, json.dumps(facts, indent=1) + "\n")
    return facts


def _write_told(course: Course, job: Job, directory: Path, write: Write) -> None:
    write(job, directory)
    course.job.facts.update(job.facts)


def _tried(course: Course, before: Engine, after: Engine) -> Trial:
    live = Engine.open(course.job.live) if course.job.live else None
    return try_out(before, after, course.parts, course.learned_items, live)


def _with(course: Course, weights: Weights) -> Job:
    """The job with the trained encoder in place of the recipe's; what it tells about itself is told only if kept."""
    return replace(course.job, weights=weights, revision=course.revision, facts={})


def with_taught(course: Course) -> Job:
    """The job with the encoder that `taught_by` left in the cache."""
    return _with(course, _cached(course))


def _folder(course: Course) -> Path:
    return cache_folder() / "trained" / course.revision


def _cached(course: Course) -> Weights:
    folder = _folder(course) / "weights"
    os.utime(folder.parent)
    return Weights(folder, digest_of_weights(folder), course.job.weights.max_tokens)


def _weights(course: Course) -> Weights | None:
    """The trained encoder, where live has it or an earlier build left it; live's first, for its vectors."""
    live = course.job.live
    told = (live.verdict.facts.get("training") or {}) if live else {}
    # Not by what encoder.json says: two revisions may have learned the very same weights.
    if live and told.get("kept") and told.get("revision") == course.revision:
        theirs = Weights(_folder(course) / "weights", live.encoder["weights_sha256"], course.job.weights.max_tokens)
        if live.encoder.get("exported_as") == theirs.export_of:
            return theirs
    return _cached(course) if (_folder(course) / TAUGHT).is_file() else None


def _known_trial(course: Course) -> dict[str, Any] | None:
    """What an earlier build or live found out about the same learning, on the same held-out questions."""
    live, path = course.job.live, _folder(course) / TRIAL
    found = [live.verdict.facts.get("training")] if live else []
    found += [json.loads(path.read_bytes())] if path.is_file() else []
    wanted = {"revision": course.revision, "tried_on": trial.named(course.parts.held_out)}
    return next((dict(f) for f in found if f and all(f.get(k) == v for k, v in wanted.items())), None)


def taught_by(course: Course, before: Engine) -> dict[str, Any]:
    """Fine-tune, unless it was done before; what was learned lies in the cache, whole or not at all."""
    folder = _folder(course)
    if (folder / TAUGHT).is_file():
        told: dict[str, Any] = json.loads((folder / TAUGHT).read_bytes())
        return told
    # Imported here: torch takes seconds and half a gigabyte, and most builds learn nothing.
    from index_builder.finetune import teach

    started, chosen = time.monotonic(), course.job.recipe.training
    pairs = with_negatives(course.pairs, course.texts, course.parts, before, chosen.seed)
    say(f"fine-tuning on {len(pairs.learn):,} pairs, {chosen.steps} steps of {chosen.batch} at most")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".taught.", dir=folder.parent) as work:
        learn, stop = (columns(part, course.texts) for part in (pairs.learn, pairs.stop))
        whole = Path(work) / "learned"
        taught = teach(course.job.weights.folder, learn, stop, chosen, whole / "weights")
        told = {**asdict(taught), "seconds": round(time.monotonic() - started, 2)}
        (whole / TAUGHT).write_text(json.dumps(told) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)
    _forget_oldest(folder.parent)
    return told


def _forget_oldest(folder: Path) -> None:
    """Keep the few encoders that were used last; each is as large as the original."""
    used = sorted((path for path in folder.iterdir() if path.name[0] != "."), key=lambda path: path.stat().st_mtime)
    for path in used[:-KEPT_ENCODERS]:
        shutil.rmtree(path, ignore_errors=True)


def columns(pairs: Sequence[Pair], texts: Texts) -> dict[str, list[str]]:
    """Pairs as the trainer wants them; one without a negative is left out."""
    there = [(pair, texts.item(pair.negative)) for pair in pairs]
    whole = [(pair.question, pair.text, texts.of(item)) for pair, item in there if item]
    return {name: [row[at] for row in whole] for at, name in enumerate(("anchor", "positive", "negative"))}


def _facts(course: Course, made: str, tried: Trial) -> dict[str, Any]:
    kept, why = tried.decision
    parts = course.parts
    return {
        "revision": course.revision,
        "tried_on": trial.named(parts.held_out),
        "made": made,
        "kept": kept,
        "why": why,
        **tried.to_json(),
        "pairs": course.pairs.counts,
        "left_out_as_held_out": course.pairs.leaks,
        "questions": {"learn": len(parts.learn), "stop": len(parts.stop), "held_out": len(parts.held_out)},
        "judgments_gone": course.gone,
    }


def _told(job: Job, facts: Mapping[str, Any]) -> Condition:
    """Say it in the facts, in the pull request's comment, and as a condition that stops nothing."""
    way, kept = job.recipe.training.train, bool(facts["kept"])
    said = f"{way}, {facts['made']}, {'kept' if kept else 'refused'}: {facts['why']}"
    job.facts["training"] = {"way": way, **facts}
    job.facts["trained"] = said
    say(f"training: {said}")
    why = "" if kept else "This release has the encoder as it comes; what was learned is not in it."
    return Condition("training", Answer.YES if kept else Answer.NO, said, ALLOWED, Severity.TELL, why)


def _replace(directory: Path, other: Path) -> None:
    """Let the content of one directory take the place of another's."""
    for path in directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in other.iterdir():
        shutil.move(path, directory / path.name)


def _versions() -> dict[str, str]:
    found = {}
    for name in COMPUTES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found
