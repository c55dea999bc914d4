"""Topic votes: what the ten nearest items say of a vector."""

from __future__ import annotations

import numpy as np
import pytest

from searchbar.engine import Engine
from searchbar.results.topic_votes import TopicVoter, votes


def test_topics_are_those_that_most_of_the_ten_nearest_vote_for(bundled: Engine) -> None:
    items, dense = bundled.release.items, bundled.retriever.dense
    vector = bundled.retriever.encoder.encode_query(["edit photos"])[0]
    topics = TopicVoter(items, dense).predict(vector)
    assert sum(share for _, share in topics) == pytest.approx(1)
    shares = [share for _, share in topics]
    assert shares == sorted(shares, reverse=True)
    nearest = [items[int(position)].topics for position in dense.nearest(vector, 10)]
    assert all(any(topic in several for several in nearest) for topic, _ in topics)
    assert topics[0][0] in ("photography", "graphics")


def test_votes_count_by_nearness() -> None:
    shares = votes(np.array([[0.9, 0.5, 0.5], [0.1, 0.1, 0.1]], np.float32))
    assert shares.sum(axis=1) == pytest.approx([1, 1])
    assert shares[0, 0] > shares[0, 1] + shares[0, 2]
    assert shares[1] == pytest.approx([1 / 3] * 3)
