"""Models of every family, with tokenizers of every kind, against sentence-transformers itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index_builder.encoding import cpu_backend, graph
from index_builder.encoding.export_cache import exported_encoder
from index_builder.encoding.model import encode_on, texts_of_every_length
from index_builder.encoding.passages import PassageCutter
from index_builder.encoding.weights import Weights
from index_builder.errors import BuildError
from index_builder.recipe import Recipe, read_recipe
from release_format.items import Item
from searchbar.results.token_vectors import TokenVectors
from searchbar.retrieval.encoder import Encoder
from tests.index_builder.encoding.tiny_models import (
    DOCUMENT,
    FAMILIES,
    LINES,
    QUERY,
    WINDOW,
    TinyModel,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# The one that takes the most care: SentencePiece, positions offset by two, prompts.
QUICK = "xlm-r"
TEXTS = [*texts_of_every_length(WINDOW), *LINES, " ".join(LINES)]
ENGINES = (cpu_backend.OPENVINO_BF16, cpu_backend.ONNXRUNTIME)

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Exported:
    """A tiny model as it was saved, its recipe, and what was exported of it."""

    model: Path
    recipe: Recipe
    weights: Weights
    encoder: Path

    @classmethod
    def of(cls, model: Path, **encoder: Any) -> Exported:
        recipe = read_recipe().with_choices(
            encoder={"model": str(model), "max_tokens": WINDOW, **encoder}
        )
        weights = Weights.of(recipe)
        return cls(model, recipe, weights, exported_encoder(recipe, weights, None))

    def original(self, **more: Any) -> SentenceTransformer:
        """The model as anybody would load it."""
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(self.model), device="cpu", local_files_only=True, **more)


Export = Callable[..., Exported]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Export]:
    """Saves a family's model once, and exports it by what a recipe says of it."""
    work, saved = tmp_path_factory.mktemp("families"), dict[str, Path]()
    patch = pytest.MonkeyPatch()
    patch.setenv("SEARCHBAR_CACHE", str(work / "cache"))

    def exported(family: str, **encoder: Any) -> Exported:
        if family not in saved:
            saved[family] = FAMILIES[family].save(work / family)
        return Exported.of(saved[family], **encoder)

    yield exported
    patch.undo()


def families() -> list[Any]:
    """Every family; all but one as proof."""
    proof = [pytest.mark.proof]
    return [pytest.param(name, marks=[] if name == QUICK else proof) for name in FAMILIES]


def lowest_cosine(left: Any, right: Any) -> float:
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return float(((left * right).sum(axis=1) / norms).min())


def in_batches(encoder: Path, engine: str) -> Vectors:
    found = dict[int, NDArray[np.float16]]()
    for positions, some in cpu_backend.encode(encoder, TEXTS, engine):
        found |= dict(zip(positions, some, strict=True))
    return np.array([found[place] for place in range(len(TEXTS))], np.float32)


@pytest.mark.parametrize("family", families())
def test_questions_and_texts_have_the_vectors_that_sentence_transformers_gives_them(
    export: Export, family: str
) -> None:
    exported = export(family)
    original, encoder = exported.original(), Encoder.open(exported.encoder)
    questions, texts = original.encode_query(TEXTS), original.encode_document(TEXTS)
    assert lowest_cosine(encoder.encode_query(TEXTS), questions) >= 0.9999
    assert lowest_cosine(encoder.encode_document(TEXTS), texts) >= 0.9999
    assert lowest_cosine(questions, texts) < 0.999, "a prompt tells"
    for engine in ENGINES:
        assert lowest_cosine(in_batches(exported.encoder, engine), texts) >= 0.999, engine
    described = json.loads((exported.encoder / "encoder.json").read_bytes())
    assert described["agreement"]["cosine_min"] >= 0.9999
    assert (described["query_prompt"], described["document_prompt"]) == (QUERY, DOCUMENT)
    assert described["dimension"] == original.get_embedding_dimension()


@pytest.mark.parametrize("family", families())
def test_the_road_to_a_gpu_puts_prompts_before_texts_too(
    export: Export, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = export(family)
    monkeypatch.setattr("index_builder.encoding.model.batches_ahead", cpu_backend._batches)
    found = dict[int, NDArray[np.float16]]()
    for positions, some in encode_on(["cpu"], exported.weights.folder, exported.encoder, TEXTS):
        found |= dict(zip(positions, some, strict=True))
    vectors = [found[place] for place in range(len(TEXTS))]
    assert lowest_cosine(vectors, exported.original().encode_document(TEXTS)) >= 0.999


@pytest.mark.parametrize("family", families())
def test_passages_fit_into_the_window_behind_the_prompt(export: Export, family: str) -> None:
    exported = export(family)
    tokenizer = Tokenizer.from_file(str(exported.encoder / "tokenizer.json"))
    prompt = exported.weights.options.document_prompt
    cutter = PassageCutter(
        exported.recipe.with_choices(passages={"tokens": 0, "overlap": 0}), tokenizer, None, prompt
    )
    words = [word for line in LINES for word in line.split()]
    [passages] = cutter.cut([Item("a", "", " ".join(words))])
    assert len(passages) > 2
    lengths = [len(tokenizer.encode(prompt + passage)) for passage in passages]
    assert max(lengths) <= WINDOW + 3, "a word that is cut in two may gain some tokens"
    assert min(lengths[:-1]) > WINDOW - 4, "no room is left unused"
    assert "".join(passages).replace(" ", "") == "".join(words).rstrip("."), "nothing is lost"


@pytest.mark.parametrize("family", families())
def test_words_are_known_whatever_marks_their_beginning(export: Export, family: str) -> None:
    """Words of what the tokenizer was trained on are known, others and misspelt ones are not."""
    encoder = Encoder.open(export(family).encoder)
    known = [word for word in ("video", "for", "and", "garden", "text") if encoder.knows(word)]
    assert len(known) >= 3, known
    assert not any(map(encoder.knows, ("vidoe", "gardne", "xqzvw", "ideo")))
    tokens = encoder.tokens(["video and text", "and", "(video)"])
    assert set(tokens[1]) < set(tokens[0])
    assert tokens[2] == encoder.tokens(["video"])[0] == tokens[0][: len(tokens[2])]
    whole = encoder._tokenizer.encode(" video and", add_special_tokens=False).ids
    assert encoder.tokens(["video and"])[0] == whole, "as in the middle of a text"


@pytest.mark.parametrize("family", families())
def test_the_nearest_sentence_is_told_by_the_models_own_token_vectors(
    export: Export, family: str
) -> None:
    exported = export(family)
    encoder, table = Encoder.open(exported.encoder), TokenVectors.of(exported.encoder)
    assert table is not None
    asked, *lines = table.vectors(encoder.tokens(["garden hose with a brass nozzle", *LINES]))
    assert int(np.argmax([line @ asked for line in lines])) == 2


def test_a_recipe_says_other_prompts_or_none(export: Export) -> None:
    declared = export(QUICK)
    bare = export(QUICK, query_prompt="", document_prompt="")
    asked = export(QUICK, query_prompt="Question. ")
    original = declared.original()
    opened = Encoder.open(bare.encoder)
    assert lowest_cosine(opened.encode_query(LINES), original.encode(LINES, prompt="")) >= 0.9999
    np.testing.assert_array_equal(opened.encode_query(LINES), opened.encode_document(LINES))
    opened = Encoder.open(asked.encoder)
    expected = original.encode(LINES, prompt="Question. ")
    assert lowest_cosine(opened.encode_query(LINES), expected) >= 0.9999
    every = (declared, bare, asked)
    assert len({one.weights.encoder for one in every}) == 3, "what the release's id counts"
    assert len({one.encoder for one in every}) == 3
    assert declared.weights.vectors_of == asked.weights.vectors_of != bare.weights.vectors_of


@pytest.mark.parametrize(
    ("saved", "query", "document"),
    [
        ({"prompts": {"query": "q: ", "passage": "p: "}}, "q: ", "p: "),
        ({"prompts": {"query": "q: ", "document": "", "corpus": "c: "}}, "q: ", "c: "),
        ({"prompts": {"query": "q: "}, "default_prompt_name": "query"}, "q: ", ""),
        ({"prompts": {"find": "f: "}, "default_prompt_name": "find"}, "f: ", "f: "),
        ({"prompts": {"find": "f: "}}, "", ""),
        ({"prompts": {"query": None}}, "", ""),
        ({}, "", ""),
    ],
)
def test_prompts_are_those_that_the_model_declares(
    tmp_path: Path, saved: dict[str, Any], query: str, document: str
) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(saved), encoding="utf-8")
    options = Weights.of(read_recipe().with_choices(encoder={"model": str(tmp_path)})).options
    assert (options.query_prompt, options.document_prompt) == (query, document)


@pytest.mark.parametrize("text", ["[]", "{", '{"prompts": ["query: "]}'])
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "config_sentence_transformers.json").write_text(text, encoding="utf-8")
    with pytest.raises(BuildError, match="no configuration of a model") as refused:
        Weights.of(read_recipe().with_choices(encoder={"model": str(tmp_path)}))
    assert refused.value.exit_code == 2


def test_a_vector_keeps_as_many_numbers_as_the_recipe_says(export: Export) -> None:
    exported = export(QUICK, truncate_dim=8)
    encoder, original = Encoder.open(exported.encoder), exported.original(truncate_dim=8)
    vectors = encoder.encode_document(TEXTS)
    assert vectors.shape[1] == encoder.dimension == 8
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert lowest_cosine(vectors, original.encode_document(TEXTS)) >= 0.9999
    assert exported.weights.vectors_of != export(QUICK).weights.vectors_of
    with pytest.raises(BuildError, match="have 32 numbers: lower truncate_dim"):
        export(QUICK, truncate_dim=64)


def test_weights_that_one_file_cannot_hold_lie_beside_it(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As over 2 GB, by a limit that a tiny model exceeds."""
    within = export(QUICK)
    monkeypatch.setattr(graph, "MOST_BYTES_WITHIN", 10_000)
    monkeypatch.setenv("SEARCHBAR_CACHE", str(tmp_path))
    beside = Exported.of(within.model)
    assert (beside.encoder / graph.WEIGHTS_FILE).stat().st_size > 10_000
    model, whole = (one.encoder / "model.onnx" for one in (beside, within))
    assert model.stat().st_size < whole.stat().st_size
    expected, vectors = (Encoder.open(one.encoder).encode_query(LINES) for one in (within, beside))
    np.testing.assert_array_equal(vectors, expected)
    for engine in ENGINES:
        batched = in_batches(beside.encoder, engine)
        assert lowest_cosine(batched, in_batches(within.encoder, engine)) >= 0.9999


def test_positions_that_a_model_keeps_for_itself_are_none_of_the_window(export: Export) -> None:
    with pytest.raises(BuildError, match=f"at most {WINDOW} tokens: lower max_tokens"):
        export(QUICK, max_tokens=WINDOW + 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pooling": {"include_prompt": False}}, r"module Pooling .* leaves the tokens of prompts"),
        ({"modules": "StaticEmbedding"}, "module StaticEmbedding cannot be exported"),
        ({"modules": "Router"}, "module Router cannot be exported"),
    ],
)
def test_what_cannot_be_exported_is_refused_by_its_modules_name(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tiny: TinyModel = FAMILIES["bert"]
    model = tiny.save(tmp_path / "tiny")
    if kind := change.get("modules"):
        words = StaticEmbedding(tiny.tokenizer(), embedding_dim=8)
        other = Router.for_query_document([words], [words]) if kind == "Router" else words
        model = tmp_path / "other"
        SentenceTransformer(modules=[other], device="cpu").save(str(model))
    else:
        [config] = model.glob("*_Pooling/config.json")
        saved = {**json.loads(config.read_bytes()), **change["pooling"]}
        config.write_text(json.dumps(saved), encoding="utf-8")
    with pytest.raises(BuildError, match=says) as refused:
        Exported.of(model)
    assert refused.value.exit_code == 2


def test_code_of_a_models_own_runs_by_an_explicit_word_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = str(tmp_path / "modules")
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", cache)
    model = FAMILIES["bert"].save(tmp_path / "tiny")
    config = json.loads((model / "config.json").read_bytes())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig"}}
    (model / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (model / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    with pytest.raises(BuildError, match="say trust_remote_code = true in"):
        Exported.of(model)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(BuildError):
        Exported.of(model, trust_remote_code=True)
    assert (tmp_path / "ran").exists(), "it was asked to"


def test_what_training_learns_from_stands_behind_the_prompts(export: Export) -> None:
    from index_builder.encoding.model import load
    from index_builder.training.finetune import _prompts

    exported = export(QUICK)
    options = replace(exported.weights.options, document_prompt="")
    assert _prompts(load(exported.model, WINDOW)) == {
        "anchor": QUERY,
        "positive": DOCUMENT,
        "negative": DOCUMENT,
    }
    assert _prompts(load(exported.model, WINDOW, options=options)) == {"anchor": QUERY}
