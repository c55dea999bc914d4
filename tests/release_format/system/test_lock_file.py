"""Which lock a program reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_format.system import lock_file as module
from release_format.system.lock_file import CHECKOUT, lock_file


def test_a_checkout_reads_its_own_locks() -> None:
    assert lock_file("serve.txt") == CHECKOUT / "serve.txt"
    assert lock_file("serve.txt").is_file()


def test_an_installation_reads_those_in_its_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "serve.txt").write_text("")
    monkeypatch.setattr(module, "INSTALLED", tmp_path)
    assert lock_file("serve.txt") == tmp_path / "serve.txt"
    assert lock_file("up.txt") == CHECKOUT / "up.txt"
