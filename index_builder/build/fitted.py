"""Opens what was built with the fusion that fits it, and writes that into its recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from index_builder.fitting.agreement import Agreements, measure_agreement
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


@dataclass(frozen=True)
class FittedEngine:
    """An engine over a release that is not sealed yet, and what was fitted to its catalogue.

    That is nothing where the recipe says how much words count.
    """

    engine: Engine
    words: WordsFit | None = None
    agreements: Agreements | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What the verdict tells of it."""
        told: dict[str, WordsFit | Agreements | None] = {
            "words": self.words,
            "languages": self.agreements,
        }
        return {name: fitted.to_json() for name, fitted in told.items() if fitted}


def open_fitted(
    request: BuildRequest, staged: Release, judged: Sequence[JudgedQuestion]
) -> FittedEngine:
    """Open a release by the weight of words, and of meaning by language, that fit it."""
    # The questions that fit are those that judge: they are encoded once.
    encoder = EncodedOnce.open(staged.path / names.ENCODER)
    engine, recipe = _opened(staged, encoder), request.recipe
    if not recipe.fits_words:
        return FittedEngine(engine)
    agreements = measure_agreement(engine.retriever, recipe.languages)
    if agreements.by_language:
        say(agreements.said)
    if agreements.meaning:
        _write_meaning(staged, engine, agreements)
        engine = _opened(staged, encoder)
    catalogue = read_words(engine.retriever.lexical, engine.retriever.encoder)
    start, why = start_of(catalogue, agreements.weighed)
    words = fit_words(answer_weighted(engine, judged, recipe.fusion, WEIGHTS), start, why)
    say(words.said)
    if words.words != recipe.fusion.words:
        fitted = recipe.with_choices(fusion={"words": words.words})
        # Another process may be reading it just now, and spends as much by either.
        write_atomically(staged.path / names.RECIPE, fitted.to_toml())
        engine = _opened(unsealed_release(request, staged.path), encoder)
    return FittedEngine(engine, words, agreements)


def _write_meaning(staged: Release, engine: Engine, agreements: Agreements) -> None:
    if languages := engine.retriever.lexical.languages:
        weighed = replace(languages, meaning=agreements.meaning)
        weighed.write(staged.path / names.LEXICAL)


def _opened(release: Release, encoder: Encoder) -> Engine:
    return Engine(release, Retriever(release, encoder=encoder), Relevance.of(release))
