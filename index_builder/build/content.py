"""The content of a release: what is computed of its snapshot, and what was learned if it wins."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.passages import PassageCutter
from index_builder.encoding.vector_cache import VectorCache, cache_folder
from index_builder.encoding.vectors import PassagePlan, StoredVectors, VectorCounts, write_vectors
from index_builder.indexing import columns, lexical
from index_builder.indexing.dense import IndexStats, LiveIndex, write_index
from index_builder.recipe import ADAPTER, NONE
from index_builder.request.request import BuildRequest
from index_builder.training.adapter import Floats, fit
from index_builder.training.trained_encoder import remember_result, train_encoder, with_encoder
from index_builder.training.training import TrainingFacts, known_training, plan_training, tested
from index_builder.training.training_plan import TrainingPlan
from index_builder.training.unsealed import open_unsealed
from index_builder.unchanged import CHANGED, indexes_alike
from release_format import release as names
from release_format.progress import say
from release_format.seal import MANIFEST, digest_of, link_or_copy
from searchbar.engine import Engine
from searchbar.retrieval.adapter import FILE
from searchbar.retrieval.columns import COLUMNS, Columns
from searchbar.retrieval.encoder import DESCRIPTION, TOKENIZER
from searchbar.retrieval.ranges import Places

# Until judgments or known items say better, no answer is called a bad one.
NO_LEVELS = {
    "no_good_match": {"level": None, "score": "confidence", "from": "known items", "pairs": 0}
}


@dataclass(frozen=True)
class ContentFacts:
    """Where the content of a release came from, and what each step of writing it took."""

    encoder_seconds: float
    lexical: lexical.LexicalCounts
    lexical_seconds: float
    vectors: VectorCounts
    vectors_seconds: float
    index: IndexStats
    index_seconds: float


class Stopwatch:
    """The seconds that the block took, once it has ended."""

    def __enter__(self) -> Stopwatch:
        self._started, self.seconds = time.monotonic(), 0.0
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = round(time.monotonic() - self._started, 3)


def write_content(request: BuildRequest, directory: Path) -> ContentFacts:
    """Write the choices, the snapshot, the encoder, the vectors and both indexes."""
    _write_choices(request, directory)
    with Stopwatch() as exporting:
        named = {"encoder": {"revision": request.revision}} if request.revision else {}
        recipe = request.recipe.with_choices(**named)
        for file in exported_encoder(recipe, request.weights, request.live).iterdir():
            link_or_copy(file, directory / names.ENCODER / file.name)
    places = indexed_in_live(request)
    # The words are indexed while texts are encoded: both leave the interpreter to the other.
    with ThreadPoolExecutor(1) as pool:
        words = pool.submit(_write_lexical, request, directory, places)
        with Stopwatch() as encoding:
            vectors, rows = _write_vectors(request, directory, places)
        with Stopwatch() as indexing:
            index = _write_index(request, directory, rows if places is not None else None)
    return ContentFacts(
        exporting.seconds, *words.result(), vectors, encoding.seconds, index, indexing.seconds
    )


def write_learned(
    request: BuildRequest, directory: Path
) -> tuple[ContentFacts, TrainingFacts | None]:
    """Write the content of a release, with what its recipe learned where that wins.

    Raises:
        BuildError: there is nothing to learn from, or learning broke. Nothing is kept then.
    """
    if request.recipe.training.train == NONE:
        return write_content(request, directory), None
    plan = plan_training(request)
    if isinstance(plan, TrainingFacts):
        content, training = write_content(request, directory), plan
    elif request.recipe.training.train == ADAPTER:
        content, training = _adapt(plan, directory)
    else:
        content, training = _finetune(plan, directory)
    say(f"training: {training.trained}")
    return content, training


def trial_engine(work: Path, request: BuildRequest, adapter: Floats | None) -> Engine:
    """An engine over content in a working folder, written once for each template and encoder."""
    directory = work / digest_of([request.recipe.template, request.revision])[:12]
    if not directory.exists():
        directory.mkdir()
        write_content(request, directory)
    return open_unsealed(request, directory, adapter)


def cutter(request: BuildRequest, directory: Path) -> PassageCutter:
    """Cuts texts as the encoder of this content reads them."""
    tokenizer = Tokenizer.from_file(str(directory / names.ENCODER / TOKENIZER))
    prompt = request.weights.options.document_prompt
    return PassageCutter(request.recipe, tokenizer, request.snapshot.schema, prompt)


def indexed_in_live(request: BuildRequest) -> Places | None:
    """Where live has each item; None without a live release, or where it indexed by other code or
    by other fields."""
    live = request.live
    if not live or live.manifest.made_from["builder"] != request.origin.builder:
        return None
    return request.places_in_live if indexes_alike(request.snapshot.schema, live.schema) else None


def _write_choices(request: BuildRequest, directory: Path) -> None:
    (directory / names.RECIPE).write_text(request.recipe.to_toml(), encoding="utf-8")
    (directory / names.RULES).write_bytes(request.rules.read_bytes() if request.rules else b"")
    (directory / names.LEVELS).write_text(json.dumps(NO_LEVELS, indent=1) + "\n", encoding="utf-8")
    for name in (*request.snapshot.manifest.files, MANIFEST):
        link_or_copy(request.snapshot.path / name, directory / names.SNAPSHOT / name)


def _write_lexical(
    request: BuildRequest, directory: Path, places: Places | None
) -> tuple[lexical.LexicalCounts, float]:
    """Write words and columns; returns also the seconds that it took beside the encoding."""
    snapshot, words, held = request.snapshot, None, None
    if request.live and places is not None:
        path, items = request.live.path, request.live.items
        words = lexical.LiveLexical(path / names.LEXICAL, items, places)
        opened = Columns.open(path / COLUMNS, len(items))
        held = columns.LiveColumns(opened, items, places)
    with Stopwatch() as writing:
        lexical_path, columns_path = directory / names.LEXICAL, directory / COLUMNS
        counts = lexical.write(lexical_path, snapshot.items, words, snapshot.schema)
        columns.write(columns_path, snapshot.items, snapshot.schema, held)
    return counts, writing.seconds


def _write_vectors(
    request: BuildRequest, directory: Path, places: Places | None
) -> tuple[VectorCounts, Places]:
    """Write passages and vectors; returns also live's row of each vector, or CHANGED."""
    encoder = directory / names.ENCODER
    dimension = int(json.loads((encoder / DESCRIPTION).read_bytes())["dimension"])
    live = (
        StoredVectors.of(request.live)
        if request.live and request.weights.encoded(request.live)
        else StoredVectors.none(dimension)
    )
    cache = VectorCache(cache_folder() / "vectors" / request.weights.vectors_of, dimension)
    plan = _plan(request, directory, live, places)
    plan.write(directory)
    return write_vectors(directory, plan, encoder, request.weights.folder, cache, live)


def _write_index(request: BuildRequest, directory: Path, rows: Places | None) -> IndexStats:
    live = None
    if request.live and rows is not None:
        live = LiveIndex(request.live.path / names.INDEX, request.live.verdict.facts["index"], rows)
    return write_index(directory, request.recipe.index_kind, live)


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
    return PassagePlan.of(places, cutter(request, directory).cut(changed), live)


def _cuts_as_live(request: BuildRequest) -> bool:
    return request.live is not None and all(
        request.live.recipe.get(table) == request.recipe.tables[table]
        for table in ("encoder", "text", "passages")
    )


def _adapt(plan: TrainingPlan, directory: Path) -> tuple[ContentFacts, TrainingFacts]:
    content = write_content(plan.request, directory)
    before = open_unsealed(plan.request, directory)
    with Stopwatch() as fitting:
        adapter = fit(before, plan.splits.train, plan.splits.validation)
    after = open_unsealed(plan.request, directory, adapter.matrix)
    figures = {"strength": adapter.strength, "ranks": adapter.ranks}
    training = tested(plan, before, after, {"seconds": round(fitting.seconds, 2), **figures})
    if training.is_kept:
        np.save(directory / FILE, adapter.matrix)
    return content, training


def _finetune(plan: TrainingPlan, directory: Path) -> tuple[ContentFacts, TrainingFacts]:
    if known := known_training(plan):
        request, training = known
        return write_content(request, directory), training
    content = write_content(plan.request, directory)
    before = open_unsealed(plan.request, directory)
    figures, trained = train_encoder(plan, before), with_encoder(plan)
    with tempfile.TemporaryDirectory(prefix=".unsealed.", dir=directory.parent) as work:
        other = Path(work) / "release"
        other.mkdir()
        trained_content = write_content(trained, other)
        training = tested(plan, before, open_unsealed(trained, other), figures)
        if training.is_kept:
            _replace(directory, other)
            content = trained_content
    remember_result(plan, training.training)
    return content, training


def _replace(directory: Path, other: Path) -> None:
    """Let the content of one directory take the place of another's, which stays locked."""
    for path in directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in other.iterdir():
        shutil.move(path, directory / path.name)
