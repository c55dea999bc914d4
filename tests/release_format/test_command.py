"""The wheel and its command `searchbar`, installed where no checkout is in sight."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from index_builder.request.release_id import ROOT as CODE
from index_builder.request.release_id import building_code
from release_format import command
from release_format.cli import Program
from release_format.release import Release
from release_format.seal import digest_of_file

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PYPROJECT["project"]["version"]
PACKAGES = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
PROGRAMS = PYPROJECT["project"]["entry-points"]["searchbar.programs"]
UV = Path(sys.executable).parent / "uv"


def typed(
    *line: str | Path, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Type a line where nothing points at the checkout."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        line, cwd=cwd, env={**outside, **environment}, text=True, capture_output=True, timeout=900
    )


def build_wheel(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    code = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    return folder / built.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and sees the packages of this one."""
    home = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    major, minor = sys.version_info[:2]
    packages = home / f"lib/python{major}.{minor}/site-packages"
    shared = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "shared.pth").write_text("\n".join(shared), encoding="utf-8")
    # Somebody else's package, of a name that our code imports (the library's own comes first).
    (packages / "json").mkdir()
    (packages / "json/__init__.py").touch()
    subprocess.run(
        [UV, "pip", "install", "-q", "--no-deps", "--offline", "--python", home / "bin/python",
         wheel],
        check=True,
    )  # fmt: skip
    return home / "bin"


def test_all_that_git_tracks_in_the_packages_is_in_the_wheel(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, text=True, capture_output=True, check=True
    ).stdout.split("\0")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name for name in tracked if name} <= set(names)
    assert {name.split("/")[0] for name in names} == {
        *PACKAGES,
        f"searchbar-{VERSION}.dist-info",
    }
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_the_same_tree_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    assert build_wheel(tmp_path).read_bytes() == wheel.read_bytes()


@pytest.mark.proof
def test_make_writes_the_wheel_and_every_package_of_the_servers_lock(tmp_path: Path) -> None:
    folders = [tmp_path / "once more" / name for name in ("a", "b")]
    for folder in folders:
        environment = sys.prefix
        line = ("make", "--no-print-directory", "-o", f"{environment}/.dev", "wheel")
        made = typed(*line, f"VENV={environment}", f"DIST={folder}")
        assert made.returncode == 0, made.stderr
    names = [f"searchbar-{VERSION}-py3-none-any.whl", f"searchbar-{VERSION}.cdx.json"]
    assert [Path(line).name for line in made.stdout.splitlines()] == names
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    bill = json.loads((folders[0] / names[1]).read_bytes())
    listed = {f"{part['name']}=={part['version']}" for part in bill["components"]}
    lock = (ROOT / "locks/serve.txt").read_text(encoding="utf-8")
    assert listed == set(re.findall(r"(?m)^([a-z0-9-]+==[^\s;]+)", lock))
    assert bill["metadata"]["component"]["version"] == VERSION


def test_an_installed_command_answers_a_question(
    installed: Path, bundled_release: Release, tmp_path: Path
) -> None:
    line = ("ask", bundled_release.path, "edit photos", "--json", "--k", "3")
    for program in ((installed / "searchbar",), (installed / "python", "-m", "searchbar")):
        answered = typed(*program, *line, cwd=tmp_path)
        assert answered.returncode == 0, answered.stderr
        answer = json.loads(answered.stdout)
        assert (answer["release"], len(answer["hits"])) == (bundled_release.id, 3)


def test_an_installation_has_the_checkouts_builder_and_locks(
    installed: Path, tmp_path: Path
) -> None:
    """The same code makes the same release wherever it lies."""
    code = """if True:
        import json
        from index_builder.request.release_id import ROOT, building_code
        from release_format.system.lock_file import lock_file
        from release_format.seal import digest_of_file as digest
        code = {str(path.relative_to(ROOT)): digest(path) for path in building_code()}
        locks = [lock_file(f"{name}.txt") for name in ("serve", "deepchecks")]
        print(json.dumps([str(ROOT), code, [digest(path) for path in locks]]))
    """
    told = typed(installed / "python", "-c", code, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    root, digests, locks = json.loads(told.stdout)
    assert Path(root).is_relative_to(installed.parent)
    assert digests == {
        str(path.relative_to(CODE)): digest_of_file(path) for path in building_code()
    }
    assert locks == [digest_of_file(ROOT / "locks" / f"{n}.txt") for n in ("serve", "deepchecks")]


def test_an_installed_command_tells_its_version_and_every_verb(
    installed: Path, tmp_path: Path
) -> None:
    told = typed(installed / "searchbar", "--version", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (0, f"searchbar {VERSION}\n")
    listed = typed(installed / "searchbar", "--help", cwd=tmp_path).stdout
    for program in PROGRAMS:
        for verb in import_module(f"{program}.__main__").PROGRAM.verbs:
            assert re.search(rf"^    ({program} )?{verb}\b", listed, re.MULTILINE), verb
    unknown = typed(installed / "searchbar", "sreve", cwd=tmp_path)
    assert (unknown.returncode, "See `searchbar --help`" in unknown.stderr) == (2, True)


def test_every_program_is_part_of_the_installation() -> None:
    programs = [import_module(f"{name}.__main__").PROGRAM for name in PROGRAMS]
    assert {program.package for program in programs} == set(PROGRAMS)
    verbs = {verb for program in programs for verb in program.verbs}
    assert not verbs & set(PROGRAMS), "a program's name before a verb would be a verb"


def test_a_verb_of_several_programs_is_typed_with_its_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = [import_module(f"{name}.__main__").PROGRAM for name in ("forge", "monitoring")]
    monkeypatch.setattr(command, "installed_programs", lambda: programs)
    with pytest.raises(SystemExit) as refused:
        command.main(["propose", "latest"])
    assert refused.value.code == 2
    said = capsys.readouterr().err
    assert "Type `searchbar forge propose` or `searchbar monitoring propose`." in said
    with pytest.raises(SystemExit):
        command.main(["monitoring", "propose", "--help"])
    assert "usage: searchbar monitoring propose" in capsys.readouterr().out


def test_the_command_hands_a_line_to_the_program_that_has_its_verb(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = [import_module(f"{name}.__main__").PROGRAM for name in ("data_checks", "searchbar")]
    monkeypatch.setattr(command, "installed_programs", lambda: programs)
    with pytest.raises(SystemExit) as ended:
        command.main(["ask", "--help"])
    assert ended.value.code == 0
    assert "usage: searchbar ask" in capsys.readouterr().out
    with pytest.raises(SystemExit) as refused:
        command.main([])
    assert refused.value.code == 2
    with pytest.raises(SystemExit) as refused:
        command.main(["rollout"])
    assert refused.value.code == 2


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_tells_the_version(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    frame: Program = import_module(f"{program}.__main__").PROGRAM
    with pytest.raises(SystemExit) as ended:
        frame.main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"{program} {VERSION}\n")


@pytest.mark.proof
def test_the_server_installs_into_an_empty_environment(
    bundled_release: Release, tmp_path: Path
) -> None:
    """`pip install .[serve]`, everything from the package index."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    programs = tmp_path / "venv" / "bin"
    install = typed(programs / "pip", "install", "-q", ".[serve]")
    assert install.returncode == 0, install.stderr
    line = (programs / "searchbar", "ask", bundled_release.path, "edit photos", "--json")
    answered = typed(*line, cwd=tmp_path)
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)["hits"]
    (tmp_path / "mine.csv").write_text("id,title,description\n1,lamp,it glows\n", encoding="utf-8")
    missing = typed(programs / "searchbar", "admit", "mine.csv", cwd=tmp_path)
    assert (missing.returncode, "install the extra" in missing.stderr) == (3, True)
