"""The retriever answers by its release's fusion and rules, or by those that it was made with."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest

from release_format.items import Item
from release_format.release import Release
from searchbar.errors import SearchError
from searchbar.query.rules import Rules
from searchbar.retrieval import retriever as module
from searchbar.retrieval.fusion import Fusion
from searchbar.retrieval.retriever import Retriever

NO_RULES = Rules({}, {}, [])


def ids(retriever: Retriever, text: str) -> list[str]:
    (result_set,) = retriever.find([retriever.parse(text)])
    return [retriever.items.id(int(position)) for position in result_set.positions]


def test_a_fusion_of_ones_own_takes_the_place_of_the_release(tools_release: Release) -> None:
    """Without words and feedback the fused score is the cosine."""
    by_meaning = Retriever(tools_release, fusion=Fusion(words=0, feedback=0))
    own, other = (
        r.find([r.parse("movie text")])[0] for r in (Retriever(tools_release), by_meaning)
    )
    np.testing.assert_allclose(other.scores, other.cosines, atol=1e-6)
    assert not np.allclose(own.scores, own.cosines, atol=1e-6)


def test_rules_of_ones_own_take_the_place_of_the_release(tools_release: Release) -> None:
    own, without = Retriever(tools_release), Retriever(tools_release, rules=NO_RULES)
    assert ids(own, "write text")[0] == "emacs", "as the release pins it"
    assert "ffmpeg-doc" not in ids(own, "FFmpeg manual")
    assert ids(without, "FFmpeg manual")[0] == "ffmpeg-doc"
    pinning = Retriever(tools_release, rules=Rules({}, {"write text": ["gimp"]}, ["vim"]))
    assert ids(pinning, "write text")[0] == "gimp"
    assert "vim" not in ids(pinning, "vim")


@pytest.mark.parametrize("depth", [1, 400])
def test_whatever_leg_found_an_item_its_words_count(
    tools_release: Release, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its BM25 score, and so its confidence, do not depend on how deep the lexical leg looks."""
    monkeypatch.setattr(module, "LEXICAL_DEPTH", depth)
    retriever = Retriever(tools_release)
    (result_set,) = retriever.find([retriever.parse("text editor for Python arrays")])
    holds = {"vim", "emacs", "numpy", "scipy"}
    scored = {
        retriever.items.id(int(position)): float(score)
        for position, score in zip(result_set.positions, result_set.bm25, strict=True)
    }
    assert {id for id, score in scored.items() if score > 0} == holds
    assert scored["vim"] > scored["emacs"], "of equal words the shorter text"
    deep = depth + len(retriever.excluded())
    assert np.count_nonzero(result_set.lexical_ranks) == min(deep, len(holds))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("lexical/facets.json", b"{", "the facets in .* cannot be opened"),
        ("vectors.f16.npy", b"no array", "the passages in .*"),
        ("adapter.f32.npy", b"no array", "cannot be used"),
    ],
)
def test_a_part_that_cannot_be_opened_is_refused_with_what_to_do(
    make_release: Any, name: str, content: bytes, why: str
) -> None:
    release = make_release([Item("a", "Apple"), Item("b", "Bread")])
    (path := release.path / name).unlink(missing_ok=True)
    path.write_bytes(content)
    with pytest.raises(SearchError, match=rf"{why}.*Fetch or build the release again") as refused:
        Retriever(release)
    assert refused.value.exit_code == 3


def test_parts_of_different_releases_are_refused(make_release: Any) -> None:
    release, other = (make_release([Item(i, i) for i in ids]) for ids in ("ab", "abc"))
    shutil.rmtree(release.path / "lexical")
    shutil.copytree(other.path / "lexical", release.path / "lexical")
    with pytest.raises(SearchError, match=r"are of different numbers\. Build it again"):
        Retriever(release)
