"""Images that this machine does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.transport.image import files_of, resolve


@pytest.fixture(autouse=True)
def _without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")


def test_a_name_of_no_image_is_wrong_usage() -> None:
    with pytest.raises(RolloutError, match="Build it with `make image`, or give its dig") as error:
        resolve("searchbar:latest")
    assert error.value.exit_code == 2


def test_an_image_that_neither_hosts_nor_we_have_is_could_not_tell(tmp_path: Path) -> None:
    with pytest.raises(
        RolloutError, match=r"no docker on this machine.* push it to a reg"
    ) as error:
        files_of("sha256:" + "a" * 64, tmp_path)
    assert error.value.exit_code == 3
    assert not list(tmp_path.iterdir())
