"""Opens what was built with the fusion that fits it, and writes that into its recipe."""

from __future__ import annotations

from collections.abc import Sequence

from index_builder.fitting.catalogue import read_words, start_of
from index_builder.fitting.encoded_once import EncodedOnce
from index_builder.fitting.weighted_answers import answer_weighted
from index_builder.fitting.words import WEIGHTS, WordsFit, fit_words
from index_builder.quality.judgments import JudgedQuestion
from index_builder.request.request import BuildRequest
from index_builder.training.unsealed import unsealed_release
from release_format import release as names
from release_format.progress import say
from release_format.release import Release
from release_format.seal import write_atomically
from searchbar.engine import Engine
from searchbar.relevance.estimate import Relevance
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.retriever import Retriever


def open_fitted(
    request: BuildRequest, staged: Release, judged: Sequence[JudgedQuestion]
) -> tuple[Engine, WordsFit | None]:
    """An engine over a release that is not sealed yet; None where the recipe says how much words
    count."""
    # The questions that fit are those that judge: they are encoded once.
    encoder = EncodedOnce.open(staged.path / names.ENCODER)
    engine, recipe = _opened(staged, encoder), request.recipe
    if not recipe.fits_words:
        return engine, None
    start, why = start_of(read_words(engine.retriever.lexical, engine.retriever.encoder))
    words = fit_words(answer_weighted(engine, judged, recipe.fusion, WEIGHTS), start, why)
    say(words.said)
    if words.words == recipe.fusion.words:
        return engine, words
    fitted = recipe.with_choices(fusion={"words": words.words})
    # Another process may be reading it just now, and spends as much by either.
    write_atomically(staged.path / names.RECIPE, fitted.to_toml())
    return _opened(unsealed_release(request, staged.path), encoder), words


def _opened(release: Release, encoder: Encoder) -> Engine:
    return Engine(release, Retriever(release, encoder=encoder), Relevance.of(release))
