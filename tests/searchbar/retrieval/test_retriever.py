"""The retriever answers by its release's fusion and rules, or by those that it was made with."""

from __future__ import annotations

import numpy as np

from release_format.release import Release
from searchbar.query.rules import Rules
from searchbar.retrieval.fusion import Fusion
from searchbar.retrieval.retriever import Retriever

NO_RULES = Rules({}, {}, [])


def ids(retriever: Retriever, text: str) -> list[str]:
    (result_set,) = retriever.find([text], [{}])
    return [retriever.items.id(int(position)) for position in result_set.positions]


def test_a_fusion_of_ones_own_takes_the_place_of_the_release(tools_release: Release) -> None:
    """Without words and feedback the fused score is the cosine."""
    by_meaning = Retriever(tools_release, fusion=Fusion(words=0, feedback=0))
    own, other = (r.find(["movie text"], [{}])[0] for r in (Retriever(tools_release), by_meaning))
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
