"""A directory gets its name once it is sealed, and goes away otherwise."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from release_format.seal import FormatError, check_seal, seal
from release_format.store.unsealed import unsealed
from tests.release_format.test_seal import ID, fill

ROOT = Path(__file__).parents[3]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), unsealed(tmp_path) as work:
        fill(work)
        raise RuntimeError("the disk burns")
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_sealed_never_gets_its_name(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not sealed"), unsealed(tmp_path) as work:
        fill(work)
    assert list(tmp_path.iterdir()) == []


def test_of_two_writers_the_first_wins_and_both_end_well(tmp_path: Path) -> None:
    barrier = threading.Barrier(2)
    errors: list[BaseException] = []

    def write(text: str) -> None:
        try:
            with unsealed(tmp_path) as work:
                fill(work, text)
                seal(work, kind="thing", id=ID, made_from={})
                barrier.wait()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(text,)) for text in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    check_seal(tmp_path / ID)
    assert [p.name for p in tmp_path.iterdir()] == [ID]


def test_what_a_killed_writer_left_goes_away_and_what_another_writes_stays(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from release_format.store.unsealed import unsealed\n"
        "with unsealed(Path(sys.argv[1])) as work:\n"
        "    (work / 'half').write_text('half'); print(work.name, flush=True); sys.stdin.read()\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    killed, alive = [writer.stdout.readline().strip() for writer in writers if writer.stdout]
    writers[0].kill()
    writers[0].wait()
    with pytest.raises(FormatError), unsealed(tmp_path):
        assert not (tmp_path / killed).exists()
        assert (tmp_path / alive / "half").is_file()
    for writer in writers:
        writer.communicate("")
    assert list(tmp_path.iterdir()) == []
