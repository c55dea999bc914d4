"""What is given to make reaches the programs as one word, whatever stands in it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Stands in the place of Python: writes its arguments down.
RECORDER = """#!/bin/sh
exec python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]), file=sys.stderr); print(1)' "$@"
"""


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    (tmp_path / "venv/bin").mkdir(parents=True)
    for name in ("bin/python", "bin/uv", ".torch", ".up"):
        (tmp_path / "venv" / name).write_text(RECORDER)
        (tmp_path / "venv" / name).chmod(0o755)
    return tmp_path / "venv"


def up(environment: Path, catalogue: str, *more: str) -> list[list[str]]:
    """The command lines that `make up` types for a catalogue."""
    made = subprocess.run(
        ["make", "up", f"VENV={environment}", f"CATALOGUE={catalogue}", *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in made.stderr.splitlines() if line.startswith("[")]


@pytest.mark.parametrize(
    "catalogue",
    [
        "http://127.0.0.1:1/ok.csv?X-Amz-Algorithm=AWS4&X-Amz-Signature=s3cr3t1",
        "/tmp/x/my products.csv",
        "a;b|c'd\"e`f`$g$(h)<i>(j,k)",
    ],
)
def test_a_catalogue_is_one_word(environment: Path, catalogue: str) -> None:
    admit, *_ = up(environment, catalogue)
    assert admit[admit.index("admit") + 1 :] == [catalogue]


@pytest.mark.parametrize("name", ["shop", "my shop", "shop [2]*"])
def test_what_lies_beside_a_catalogue_is_taken_from_any_folder(
    environment: Path, tmp_path: Path, name: str
) -> None:
    (folder := tmp_path / name).mkdir()
    (folder / "rules.toml").touch()
    (folder / "judgments.jsonl").touch()
    (tmp_path / "my").touch()
    _, build, _ = up(environment, str(folder))
    assert build[build.index("1") + 1 :] == [
        *("--rules", f"{folder}/rules.toml"),
        *("--judgments", f"{folder}/judgments.jsonl"),
    ]


@pytest.mark.parametrize("name", ["shop.csv", "my shop [2]*.jsonl.gz", "v1.2 shop.parquet"])
def test_what_lies_beside_a_file_bears_its_name(
    environment: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).touch()
    for stray in ("rules.toml", "recipe.toml", "judgments.jsonl", "other.rules.toml"):
        (tmp_path / stray).touch()
    _, build, _ = up(environment, str(tmp_path / name))
    assert build[build.index("1") + 1 :] == []
    stem = name.removesuffix(".gz").rpartition(".")[0]
    for beside in ("rules.toml", "recipe.toml"):
        (tmp_path / f"{stem}.{beside}").touch()
    _, build, _ = up(environment, str(tmp_path / name))
    assert build[build.index("1") + 1 :] == [
        *("--rules", f"{tmp_path}/{stem}.rules.toml"),
        *("--recipe", f"{tmp_path}/{stem}.recipe.toml"),
    ]


@pytest.mark.parametrize("release", ["3f4b016bb4b6", "latest", "var/my store/releases/x;y$z"])
def test_a_release_that_is_built_is_served_without_admitting_or_building(
    environment: Path, release: str
) -> None:
    (serve,) = up(environment, "catalogue", f"RELEASE={release}")
    assert serve[serve.index("searchbar") + 1 :][:2] == ["serve", release]


def test_columns_by_other_names_reach_the_data_gate_as_one_word(environment: Path) -> None:
    admit, *_ = up(environment, "shop.csv", "MAPPING=id=sku no,title=$name")
    assert admit[admit.index("admit") + 1 :] == ["shop.csv", "--columns", "id=sku no,title=$name"]


def test_the_demo_shop_is_made_before_it_is_admitted(environment: Path) -> None:
    shop, admit, *_ = up(environment, "demo-shop", "PORT=8123")
    assert shop == ["-m", "tests.shop", "var/demo-shop", "--address", "http://127.0.0.1:8123"]
    assert admit[admit.index("admit") + 1 :] == ["var/demo-shop/products.csv"]


def made(environment: Path, *words: str) -> list[list[str]]:
    """The command lines that a verb types, with a recorder in the place of every program."""
    recorder = environment / "bin/python"
    done = subprocess.run(
        [
            *("make", "-s", *words, f"VENV={environment}", f"LAST={environment}/line"),
            f"IMAGE_BUILDER={recorder} build",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("[")]


@pytest.mark.parametrize(
    ("words", "target", "name", "kept"),
    [
        ([], "serve", "searchbar", "image"),
        (["TARGET=serve"], "serve", "searchbar", "image"),
        (["TARGET=batch"], "batch", "searchbar-batch", "image-batch"),
        (["TARGET=sagemaker"], "sagemaker", "searchbar-sagemaker", "image-sagemaker"),
    ],
)
def test_each_target_has_a_name_and_a_file_of_its_own(
    environment: Path, words: list[str], target: str, name: str, kept: str
) -> None:
    (build,) = made(environment, "image", *words)
    assert build == ["build", "--target", target, "-f", "searchbar/Dockerfile", "-t", name, "."]
    assert (environment / "line" / kept).read_text() == "1\n"


def test_what_is_pushed_reaches_the_program_as_words(environment: Path) -> None:
    """Whether it may go is asked first; then it is built, and what is pushed is what was built."""
    (environment / ".line").touch()
    given = ["REGISTRY=a b;c$$(d)'e", "REGISTRY_USER=robot$$x", "REGISTRY_PASSWORD_FILE=/run/a b"]
    check, build, push = made(environment, "push", "TARGET=batch", *given)
    words = [
        *("push", "a b;c$$(d)'e", "--name", "searchbar-batch"),
        *("--user", "robot$$x", "--password-file", "/run/a b"),
    ]
    assert check[check.index("deployer") + 1 :] == words
    assert build[:3] == ["build", "--target", "batch"]
    assert push[push.index("deployer") + 1 :] == [*words, "--image", "1"]
    assert (environment / "line/pushed-batch").read_text() == "1\n"


def test_every_lock_names_the_versions_that_the_tests_run_with() -> None:
    """A lock for an image of its own may leave packages out, and none may be another one."""

    def pins(name: str) -> set[str]:
        lines = (ROOT / f"locks/{name}.txt").read_text(encoding="utf-8").splitlines()
        # A marker after the version says for which systems.
        return {line.partition(" ")[0] for line in lines if line[:1].isalnum()}

    for name in ("serve", "batch", "up", "deploy"):
        assert pins(name) - pins("dev") == set(), name
    assert pins("batch") > pins("serve")
    added = {pin.partition("==")[0] for pin in pins("batch") - pins("serve")}
    assert {"pyarrow", "s3fs"} <= added
    assert not {"pandas", "torch", "boto3"} & added, "an image of a batch is no workshop"
