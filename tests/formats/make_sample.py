"""Here is an empty folder: give me a tiny release of today's format, with a random small BERT.

    python -m tests.formats.make_sample tests/formats/v4

Run once, when a format is new; the samples of older formats stay as they are.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from index_builder.build.build import build
from index_builder.indexing import lexical
from index_builder.request.request import BuildRequest
from release_format.fields import Field, FieldType, Rank, Schema
from release_format.items import Item
from release_format.seal import check_seal
from release_format.snapshot import Quarantined, seal_snapshot, write_content
from release_format.store.folder import Folder
from release_format.verdict import Verdict

ITEMS = (
    Item(
        "café",
        "Café finder",
        "Finds coffee houses near you. Opening hours included.",
        ("food",),
        language="fr",
    ),
    Item(
        "ffmpeg",
        "FFmpeg",
        "Converts, records and streams audio and video in nearly every format.",
        ("audio", "video"),
        url="https://ffmpeg.example",
    ),
    Item(
        "gimp",
        "GIMP",
        "Retouches photos and paints pictures in layers with brushes.",
        ("graphics",),
        updated_at="2026-01-02",
    ),
    Item(
        "hose",
        "Garden hose",
        "A hose of many metres with a brass nozzle for gardens and yards.",
        ("garden",),
        extra={"colour": "green", "price": 30},
    ),
    Item(
        "numpy",
        "python3-numpy",
        "Arrays and linear algebra for programs in Python.",
        ("python", "science"),
    ),
    Item("old", "Old thing", "Nobody should find this any more.", ("history",)),
    Item(
        "vim",
        "Vim",
        "Edits text with modes and commands, driven from the keyboard alone.",
        ("editors",),
    ),
    Item("zola", "Zola", "Builds static websites from plain text files with templates.", ("web",)),
)
SCHEMA = Schema(
    {
        field.name: field
        for field in (
            Field("brand", FieldType.KEYWORD, search=2.0, filter=True, facet=True, show=1),
            Field("price", FieldType.NUMBER, filter=True, sort=True, facet=True, show=2, unit="€"),
            Field("sold_since", FieldType.DATE, filter=True, sort=True, facet=True),
            Field("in_stock", FieldType.BOOLEAN, filter=True, facet=True),
            Field("colours", FieldType.KEYWORD, filter=True, facet=True),
            Field("ean", FieldType.KEYWORD, search=1.0, code=True, filter=True),
            Field("care", FieldType.TEXT, search=1.0, label="How to keep it"),
            Field("manual", FieldType.URL),
            Field("photo", FieldType.IMAGE, show=3, inferred=False),
        )
    },
    rank=Rank("-price"),
)
# What a sample of format 3 holds: every type that a field can have.
TYPED_ITEMS = tuple(
    replace(
        item,
        extra={
            "brand": "Grünwald",
            "price": 29.9,
            "sold_since": "2024-03-31T22:30:00Z",
            "in_stock": True,
            "colours": ["green", "yellow"],
            "ean": "4006381333931",
            "care": "Empty it before the first frost.",
            "manual": "https://hose.example/manual",
            "photo": "https://hose.example/photo.jpg",
        },
    )
    if item.id == "hose"
    else replace(item, extra={"price": 0, "sold_since": "2026-01-02", "in_stock": False})
    if item.id == "gimp"
    else item
    for item in ITEMS
)
RULES = """
[[synonyms]]
words = ["film", "video"]
[[pins]]
question = "write words"
ids = ["vim"]
[[hides]]
id = "old"
"""
RECIPE = """
[encoder]
model = "tiny-bert"
max_tokens = 32
[passages]
tokens = 12
overlap = 2
[probes]
count = 4
"""


def main(target: Path) -> None:
    """Build where nothing is known of this machine, and copy what was sealed."""
    target = target.absolute()
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        os.environ.setdefault("SEARCHBAR_CACHE", str(Path(work) / "cache"))
        make_model(Path("tiny-bert"))
        Path("rules.toml").write_text(RULES, encoding="utf-8")
        Path("recipe.toml").write_text(RECIPE, encoding="utf-8")
        store = Folder(Path("store"))
        # So that the sample holds what is written beside live, too.
        lexical.MOST_CHANGED = 0.5
        live = release_of(
            [*TYPED_ITEMS[:-1], replace(TYPED_ITEMS[-1], description="Builds websites.")],
            store,
            None,
        )
        shutil.copytree(store.path("release", release_of(TYPED_ITEMS, store, live)), target)
        check_seal(target)


def release_of(items: Sequence[Item], store: Folder, live: str | None) -> str:
    """Seal a snapshot of these items, and build it."""
    with store.staging("snapshot") as directory:
        made_from = write_content(
            directory,
            items,
            [Quarantined("broken", "title-or-description", "has neither.")],
            SCHEMA,
        )
        id = seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id
    job = BuildRequest.of(
        store, id, recipe=Path("recipe.toml"), rules=Path("rules.toml"), live=live
    )
    print(build(job, store, Path("reports")).sentence())
    return job.origin.id


def make_model(folder: Path) -> None:
    """A BERT of one layer and sixteen numbers, with random weights that are the same every time."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(7)
    bert = folder.with_name("bert")
    words = sorted(
        {
            word.strip(".,")
            for item in ITEMS
            for word in f"{item.title} {item.description}".lower().split()
        }
    )
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *letters,
        *(f"##{c}" for c in letters),
        *words,
    ]
    bert.mkdir()
    (bert / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizer(str(bert / "vocab.txt")).save_pretrained(bert)
    sizes: dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
    }
    BertModel(
        BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **sizes)
    ).save_pretrained(bert)
    read = Transformer(str(bert), max_seq_length=32)
    SentenceTransformer(modules=[read, Pooling(16), Normalize()]).save(str(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
