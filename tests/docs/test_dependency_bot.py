"""What renovate.json says fits the branch policy, the Makefile and the files that it edits."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import yaml

from forge.branch_policy import STAGE, Change, refusals

ROOT = Path(__file__).parents[2]
BOT = json.loads((ROOT / "renovate.json").read_text(encoding="utf-8"))
GROUP, ACTIONS, BY_HAND = BOT["packageRules"]


def test_its_branch_may_go_where_it_wants() -> None:
    branch = f"{BOT['branchPrefix']}{GROUP['groupName']}"
    files = ["pyproject.toml", "environment.yml", "locks/dev.txt", "locks/serve.txt"]
    assert BOT["baseBranchPatterns"] == [STAGE]
    assert refusals(Change(branch, STAGE, files)) == []


def test_the_workflows_actions_go_by_a_branch_that_may_change_the_line() -> None:
    files = [".github/workflows/line.yml", ".github/workflows/daily.yml"]
    branch = f"{ACTIONS['branchPrefix']}{ACTIONS['groupName']}"
    assert refusals(Change(branch, STAGE, files)) == []
    assert refusals(Change(f"{BOT['branchPrefix']}{GROUP['groupName']}", STAGE, files)) != []
    assert set(ACTIONS["matchManagers"]) <= set(BOT["enabledManagers"])
    assert ACTIONS["pinDigests"] is True


def test_it_has_every_lock_written_by_the_verb_that_writes_them() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (line,) = GROUP["postUpgradeTasks"]["commands"]
    recipe = makefile.partition(f"\n{line.removeprefix('make ')}:")[2].partition("\n\n")[0]
    written = re.findall(r"-o (\S+)", recipe)
    (kept,) = GROUP["postUpgradeTasks"]["fileFilters"]
    assert written
    assert all(fnmatch(name, kept) for name in written)
    assert line in "".join(BOT["description"])


def test_it_finds_every_pin_of_the_conda_environment() -> None:
    (manager,) = BOT["customManagers"]
    pattern = manager["matchStrings"][0].replace("(?<", "(?P<")
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    found = {f"{m['depName']}=={m['currentValue']}" for m in re.finditer(pattern, text)}
    pins = next(
        entry["pip"] for entry in yaml.safe_load(text)["dependencies"] if isinstance(entry, dict)
    )
    assert found == set(pins)
    assert re.fullmatch(manager["managerFilePatterns"][0].strip("/"), "environment.yml")


def test_what_stands_in_other_files_too_is_left_to_a_person() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    pinned = {
        line.partition("==")[0] for lines in extras.values() for line in lines if "==" in line
    }
    pinned |= {
        name.lower() for name in re.findall(r"(?m)^([A-Z]+)(?:_VERSION)? := [\d.]+$", makefile)
    }
    assert pinned <= set(BY_HAND["matchPackageNames"])
    assert BY_HAND["enabled"] is False
