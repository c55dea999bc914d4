"""What every test of the whole line needs: root, and the programs that hosts are made of."""

from __future__ import annotations

import os
import shutil

import pytest


def need_hosts() -> None:
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        if os.environ.get("CI"):
            pytest.fail("this test needs root, a Docker engine, sshd and HAProxy")
        pytest.skip("needs root, a Docker engine, sshd and HAProxy")
