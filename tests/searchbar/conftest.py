"""Small real releases for the tests of the server: real encoder, real FAISS, real tantivy, items
of one's own."""

from __future__ import annotations

import json
import logging
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from index_builder.indexing import columns, lexical
from release_format import release as names
from release_format.fields import SCHEMA, Schema
from release_format.items import Item, Items, write_items, write_offsets
from release_format.probes import Probe, write_probes
from release_format.release import Release, release_id
from release_format.seal import digest_of, link_or_copy, seal
from searchbar.engine import Engine
from searchbar.retrieval.columns import COLUMNS
from searchbar.retrieval.encoder import Encoder

MakeRelease = Callable[..., Release]


def write_release(
    directory: Path,
    items: Sequence[Item],
    encoder: Path,
    *,
    rules: str = "",
    recipe: str = "",
    levels: Mapping[str, Any] | None = None,
    probes: Sequence[Probe] = (),
    quarantine: Sequence[Mapping[str, str]] = (),
    index: str = "Flat",
    texts: Sequence[Sequence[str]] | None = None,
    vectors: np.ndarray | None = None,
    schema: Schema | None = None,
) -> Release:
    """Seal a release of these items; `texts` are each item's passages (title and description by
    default)."""
    items = sorted(items, key=lambda item: item.id)
    write_items(directory / names.SNAPSHOT, items)
    lines = "".join(json.dumps(row) + "\n" for row in quarantine)
    (directory / names.SNAPSHOT / "quarantine.jsonl").write_text(lines, encoding="utf-8")
    for path in encoder.iterdir():
        link_or_copy(path, directory / names.ENCODER / path.name)
    passages = texts or [[f"{item.title}. {item.description}"] for item in items]
    flat = [text for several in passages for text in several]
    if vectors is None:
        vectors = Encoder.open(directory / names.ENCODER).encode_document(flat)
    vectors = vectors.astype(np.float16)
    np.save(directory / names.VECTORS, vectors)
    vectors = vectors.astype(np.float32)
    write_offsets(
        directory / names.PASSAGES, array("Q", np.cumsum([0, *map(len, passages)]).tolist())
    )
    faiss_index = faiss.index_factory(vectors.shape[1], index, faiss.METRIC_INNER_PRODUCT)
    faiss_index.train(vectors)
    faiss_index.add(vectors)
    faiss.write_index(faiss_index, str(directory / names.INDEX))
    lexical.write(directory / names.LEXICAL, items, fields=schema)
    if schema:
        (directory / names.SNAPSHOT / SCHEMA).write_text(schema.to_json(), encoding="utf-8")
        columns.write(directory / COLUMNS, Items(directory / names.SNAPSHOT), schema)
    (directory / names.RECIPE).write_text(recipe, encoding="utf-8")
    (directory / names.RULES).write_text(rules, encoding="utf-8")
    (directory / names.LEVELS).write_text(json.dumps(levels or {}), encoding="utf-8")
    write_probes(directory / names.PROBES, probes)
    made_from = dict.fromkeys(
        names.MADE_FROM, digest_of([rules, [item.to_json() for item in items]])
    )
    seal(directory, kind=names.KIND, id=release_id(made_from), made_from=made_from)
    return Release.open(directory, sizes_only=True)


@pytest.fixture(scope="session")
def encoder_directory(bundled_release: Release) -> Path:
    """The real exported encoder."""
    return bundled_release.path / names.ENCODER


@pytest.fixture(scope="session")
def encoder(encoder_directory: Path) -> Encoder:
    return Encoder.open(encoder_directory)


@pytest.fixture(scope="session")
def make_release(encoder_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> MakeRelease:
    """`make_release(items, rules=…, levels=…, …)`: a sealed release of a few items of one's own."""

    def make(items: Sequence[Item], **choices: Any) -> Release:
        return write_release(
            tmp_path_factory.mktemp("release") / "r", items, encoder_directory, **choices
        )

    return make


@pytest.fixture(scope="session")
def bundled(bundled_release: Release) -> Engine:
    """The engine over the bundled catalogue."""
    return Engine.open(bundled_release)


TOOLS = (
    Item(
        "ffmpeg",
        "FFmpeg",
        "Converts, records and streams audio and video. Reads nearly every format.",
        ("audio", "video"),
    ),
    Item("ffmpeg-doc", "FFmpeg manual", "Documentation of FFmpeg.", ("video",)),
    Item("gimp", "GIMP", "Retouches photos and paints pictures in layers.", ("graphics",)),
    Item(
        "jpegoptim",
        "jpegoptim",
        "Makes JPEG files smaller without loss of quality.",
        ("command-line", "graphics"),
    ),
    Item("c++", "C++", "A compiled language with classes and templates.", ("languages",)),
    Item("c", "C", "The language that operating systems are written in.", ("languages",)),
    Item("numpy", "python3-numpy", "Arrays and linear algebra for Python.", ("python", "science")),
    Item(
        "scipy",
        "python3-scipy",
        "Scientific algorithms on arrays for Python.",
        ("python", "science"),
    ),
    Item(
        "sku-48290",
        "Garden hose",
        "A hose of 25 metres with a brass nozzle.",
        ("garden",),
        extra={"colour": "green", "price": 30},
    ),
    Item(
        "sku-48291",
        "Garden shears",
        "Shears for hedges with ash handles.",
        ("garden",),
        extra={"colour": "red", "price": 18},
    ),
    Item(
        "vim",
        "Vim",
        "A text editor with modes, driven from the keyboard.",
        ("editors",),
        updated_at="2026-01-02",
    ),
    Item(
        "emacs",
        "GNU Emacs",
        "An extensible text editor; it mails, too.",
        ("editors",),
        updated_at="2025-03-04",
    ),
    Item(
        "café",
        "Café finder",
        "Finds coffee houses near you. Fish & chips <b>not</b> included.",
        ("food",),
        language="fr",
    ),
)
RULES = """
[[synonyms]]
words = ["film", "video"]
[[pins]]
question = "write text"
ids = ["emacs"]
[[hides]]
id = "ffmpeg-doc"
"""


@pytest.fixture(scope="session")
def tools_release(make_release: MakeRelease) -> Release:
    """A dozen tools, with one rule of every kind."""
    refused = [{"id": "broken-1", "rule": "title-or-description", "reason": "has neither."}]
    probes = [Probe("retouch photos", "gimp"), Probe("linear algebra", "numpy")]
    levels = {"no_good_match": {"level": 0.25, "score": "confidence"}}
    return make_release(TOOLS, rules=RULES, quarantine=refused, probes=probes, levels=levels)


@pytest.fixture(scope="session")
def tools(tools_release: Release) -> Engine:
    return Engine.open(tools_release)


@pytest.fixture
def server_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.LogCaptureFixture]:
    """What the server logs, whether or not uvicorn has set up its loggers in this process."""
    logger = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(logger, "propagate", False)
    logger.addHandler(caplog.handler)
    with caplog.at_level(logging.WARNING, logger.name):
        yield caplog
    logger.removeHandler(caplog.handler)
