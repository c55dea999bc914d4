"""What a fresh process that cannot answer is told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.errors import BuildError
from index_builder.quality.resource_usage import budget


def test_a_release_that_no_fresh_process_opens_is_could_not_tell(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"a fresh process could not answer.* Ask it by") as broken:
        budget(tmp_path, ["lamp"])
    assert broken.value.exit_code == 3
