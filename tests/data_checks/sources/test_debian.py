"""A Debian machine is a catalogue: its package lists as apt prints them."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from data_checks.errors import CatalogueError
from data_checks.sources import debian
from data_checks.sources.row import Row

AVAILABLE = """\
Package: gimp
Version: 2.10
Description: GNU Image Manipulation Program
Description-md5: d1
Homepage: https://www.gimp.org/
Tag: role::program, use::editing,
 works-with::image:raster, uitoolkit::gtk
Section: graphics

Package: gimp
Version: 2.9
Description: an older one

Package: plain
Description: Has no more than this
Section: contrib/misc
"""
TRANSLATED = """\
Package: gimp
Description-md5: d1
Description-en: GNU Image Manipulation Program
 GIMP is an advanced picture editor. You can use it to edit,
 enhance, and retouch photos and scans.
 .
 This package contains the program.
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose apt prints what we say; its network can be cut."""
    (programs := tmp_path / "bin").mkdir()
    (tmp_path / "available").write_text(AVAILABLE)
    (tmp_path / "translated").write_text(TRANSLATED)
    scripts = {
        "apt-cache": f"cat {tmp_path}/available",
        "apt-get": (
            f"""case "$*" in *indextargets*) echo {tmp_path}/translated;; *update*)
            test ! -e {tmp_path}/offline &&
            touch {tmp_path}/work/var/debian/lists/x_Translation-en;; esac"""
        ),
        "apt-helper": 'cat "$2"',
    }
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(stat.S_IRWXU)
    (work := tmp_path / "work").mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(debian, "APT_HELPER", "apt-helper")
    monkeypatch.setattr(debian, "MACHINE_LISTS", tmp_path / "none")
    return tmp_path


def test_a_package_is_a_row(machine: Path) -> None:
    gimp, plain = debian.rows()
    assert gimp == Row(
        "package gimp",
        {
            "id": "gimp",
            "title": "gimp: GNU Image Manipulation Program",
            "description": (
                "GIMP is an advanced picture editor. You can use it to edit, enhance, and retouch"
                " photos and scans.\nThis package contains the program."
            ),
            "topics": ["graphics", "use::editing", "works-with::image:raster"],
            "url": "https://www.gimp.org/",
        },
    )
    assert plain.values["description"] == "Has no more than this"
    assert plain.values["topics"] == ["misc"]


def test_without_a_network_short_descriptions_do(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine / "offline").touch()
    gimp, _ = debian.rows()
    assert gimp.values["description"] == "GNU Image Manipulation Program"
    assert "has the short ones instead" in capsys.readouterr().err


def test_a_machine_without_lists_says_what_to_do(machine: Path) -> None:
    (machine / "available").write_text("")
    with pytest.raises(CatalogueError, match="apt-get update"):
        list(debian.rows())


def test_a_program_that_complains_at_length_is_read_to_its_end() -> None:
    complaining = "head -c 1048576 /dev/zero >&2; echo read; exit $0"
    lines = debian.lines_of("timeout", "20", "sh", "-c", complaining, "0")
    assert list(lines) == ["read\n"]
    with pytest.raises(CatalogueError, match=r"ended with 9\. Try it by hand"):
        list(debian.lines_of("sh", "-c", complaining, "9"))


@pytest.mark.skipif(
    not shutil.which("apt-cache") and "CI" not in os.environ, reason="this is not Debian"
)
def test_the_lists_of_this_machine_can_be_read() -> None:
    names = []
    for package in debian.paragraphs(debian.lines_of("apt-cache", "dumpavail")):
        names.append(package.get("Package"))
        if len(names) == 50:
            break
    assert all(names)
