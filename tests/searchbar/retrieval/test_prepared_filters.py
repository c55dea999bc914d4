"""The retriever prepares what filters leave once, and keeps what was asked for lately."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from searchbar.engine import Engine
from searchbar.query.filters import read_filters
from searchbar.retrieval.retriever import PREPARED
from searchbar.retrieval.within import ALL


def test_what_filters_leave_is_prepared_once_and_the_latest_are_kept(
    tools: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = tools.retriever
    allow = Mock(wraps=retriever.dense.allow)
    monkeypatch.setattr(retriever.dense, "allow", allow)

    def leaves(value: str) -> int:
        conditions = read_filters({"topic": [value, "garden"]}, {})
        allowed = retriever._allowed(tools.table.within(conditions), (), retriever.hidden)
        assert allowed is not None
        return int(allowed.mask.sum())

    garden = leaves("asked often")
    assert garden == leaves("asked often") > 0
    assert allow.call_count == 1
    for number in range(2 * PREPARED):
        assert leaves(f"no topic {number}") == leaves("asked often") == garden
    assert allow.call_count == 1 + 2 * PREPARED
    leaves("no topic 0")
    assert allow.call_count == 2 + 2 * PREPARED, "it was forgotten long ago"


def test_without_filters_everything_is_allowed(tools: Engine) -> None:
    assert tools.retriever._allowed(ALL, (), tools.retriever.hidden[:0]) is None
