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
