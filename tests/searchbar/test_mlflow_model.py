"""A release as a model of MLflow: what its table must have."""

from __future__ import annotations

import pytest

from searchbar.engine import Engine
from searchbar.errors import SearchError
from searchbar.mlflow_model import Model


def test_a_row_without_a_question_is_refused(tools: Engine) -> None:
    with pytest.raises(SearchError, match="a row has no `question`; give one as text") as refused:
        Model(tools).predict([{"question": "lamp"}, {"text": "lamp"}])
    assert refused.value.exit_code == 2
