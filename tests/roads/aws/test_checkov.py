"""Here is checkov, in an environment of its own: what it finds is accepted with a reason, or
mended."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.conftest import ROOT

HERE = Path(__file__).parent
LOCK, ACCEPTED = HERE / "checkov.txt", HERE / "accepted.toml"
Finding = tuple[str, str, str]


def checkov() -> Path:
    """The program, in the user's cache under the digest of its lock; made where it is not there."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    major, minor = sys.version_info[:2]
    home = cache / f"searchbar/checkov-{digest[:12]}-py{major}.{minor}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / f".{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "made").exists():
            shutil.rmtree(home, ignore_errors=True)
            python = str(home / "bin/python")
            requirements = ["--require-hashes", "-r", str(LOCK)]
            for words in (
                ["venv", "-q", str(home), "--python", sys.executable],
                ["pip", "install", "-q", "--python", python, *requirements],
            ):
                env = {"UV_NATIVE_TLS": "1", **os.environ}
                subprocess.run([find_uv_bin(), *words], env=env, check=True)
            (home / "made").touch()
    return home / "bin/checkov"


def found(folder: Path) -> set[Finding]:
    """What it finds in a folder of templates: file, check, resource."""
    words = ["-d", str(folder), "--framework", "cloudformation", "--skip-download", "-o", "json"]
    env = {**os.environ, "LOG_LEVEL": "ERROR", "BC_SKIP_MAPPING": "TRUE"}
    python = checkov().with_name("python")
    done = subprocess.run(
        [str(python), str(checkov()), *words], capture_output=True, text=True, env=env
    )
    assert done.returncode in (0, 1), done.stderr
    results = json.loads(done.stdout)["results"]
    assert not results["parsing_errors"]
    assert results["passed_checks"]
    return {
        (Path(check["file_path"]).stem, check["check_id"], check["resource"].split(".")[-1])
        for check in results["failed_checks"]
    }


def accepted() -> dict[Finding, str]:
    """The findings that stay, each with its reason."""
    table = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))
    return {
        (entry["template"], entry["check"], resource): entry["why"]
        for entry in table["accepted"]
        for resource in entry["resources"]
    }


@pytest.mark.proof
def test_what_checkov_finds_is_what_is_accepted() -> None:
    now, reasons = found(ROOT / "infra"), accepted()
    assert sorted(now - set(reasons)) == [], "mend these, or accept them with a reason"
    assert sorted(set(reasons) - now) == [], "these are no longer found: take them out"


@pytest.mark.proof
def test_a_planted_mistake_is_found(tmp_path: Path) -> None:
    text = (ROOT / "infra/site.yaml").read_text(encoding="utf-8")
    rule = "ToPort: 22, SourceSecurityGroupId: !Ref LineGroup"
    assert rule in text
    opened = text.replace(rule, "ToPort: 22, CidrIp: 0.0.0.0/0").replace("required", "optional")
    (tmp_path / "site.yaml").write_text(opened, encoding="utf-8")
    new = {(check, resource) for _, check, resource in found(tmp_path) - set(accepted())}
    assert ("CKV_AWS_24", "HostGroup") in new


def test_every_accepted_finding_has_a_reason_and_a_resource_that_is_there() -> None:
    for (name, check, resource), why in accepted().items():
        assert len(why) > 20
        assert why.endswith(".")
        assert check.startswith("CKV")
        assert f"\n  {resource}:\n" in (ROOT / f"infra/{name}.yaml").read_text(encoding="utf-8")
