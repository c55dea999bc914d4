"""A bucket behind a file system that speaks for others."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from release_format.store.bucket import Bucket


def test_a_file_exists_by_the_code_of_the_answer_and_never_by_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Bucket(f"file://{tmp_path}/store", cache=tmp_path / "cache")
    refusal = OSError("At least one of the pre-conditions did not hold")

    def pipe_file(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(store._fs, "pipe_file", pipe_file)
    for cause in (
        None,
        OSError("reset"),
        ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"),
    ):
        refusal.__cause__ = cause
        with pytest.raises(OSError, match="pre-conditions"):
            store._create("channels/stage/1.json", "PreconditionFailed")
    refusal.__cause__ = ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
    assert not store._create("channels/stage/1.json", "{}")
    refusal = OSError("bucket PreconditionFailed does not answer")
    with pytest.raises(OSError, match="does not answer"):
        store._create("channels/stage/1.json", "{}")
