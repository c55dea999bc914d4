"""A pull is whole or not at all, keeps the one before it, and pins what a commit means."""

from __future__ import annotations

import gzip
import http.server
import re
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from data_checks.errors import CatalogueError
from data_checks.sources.pull import PULLS, pinned_pull, pull
from release_format.exit_codes import ProgramError
from tests.data_checks.conftest import Admit
from tests.data_checks.library import as_csv, as_jsonl, library


class _Handler(http.server.SimpleHTTPRequestHandler):
    """A file server that sends half of what is called cut; of cut-mute it says no length."""

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        if "-mute" not in self.path:
            return super().do_HEAD()
        self.send_response(200)
        return self.end_headers()

    def do_GET(self) -> None:
        if "cut" not in self.path:
            return super().do_GET()
        data = (Path(self.directory) / self.path.strip("/")).read_bytes()
        self.send_response(200)
        if "-mute" not in self.path:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True
        return None


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    (folder := tmp_path / "site").mkdir()
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Handler, directory=str(folder))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work := tmp_path / "work").mkdir()
    monkeypatch.chdir(work)


def test_a_pull_is_pinned_and_admitted(site: tuple[str, Path], admit: Admit) -> None:
    address, folder = site
    (folder / "books.csv.gz").write_bytes(gzip.compress(as_csv(library(50)).encode()))
    digest = pull(f"{address}/books.csv.gz", Path("catalogue/pin.toml"))
    assert pinned_pull(Path("catalogue/pin.toml")) == PULLS / digest / "pull.csv"
    first = admit("catalogue")
    assert first.code == 0, first.stderr
    assert first.verdict.facts["read"] == 50

    (folder / "books.csv.gz").write_bytes(gzip.compress(as_csv(library(60)).encode()))
    assert admit("catalogue").id == first.id, "the commit means the first pull"
    again = pull(f"{address}/books.csv.gz", Path("catalogue/pin.toml"))
    assert admit("catalogue").verdict.facts["read"] == 60
    assert {path.name for path in PULLS.iterdir()} == {
        digest,
        again,
    }, "the pull before this one is kept"


def test_a_cut_download_never_becomes_a_pull(site: tuple[str, Path]) -> None:
    address, folder = site
    for name, data in (
        ("cut.jsonl", as_jsonl(library(2_000)).encode()),
        ("cut.csv", as_csv(library(2_000)).encode()),
        ("cut.csv.gz", gzip.compress(as_csv(library(2_000)).encode())),
    ):
        (folder / name).write_bytes(data)
        with pytest.raises(CatalogueError):
            pull(f"{address}/{name}", Path("pin.toml"))
        assert not Path("pin.toml").exists()
        assert list(PULLS.iterdir()) == []


def test_a_source_that_closes_in_the_middle_of_a_row_broke_off(
    site: tuple[str, Path], admit: Admit
) -> None:
    address, folder = site
    data = as_csv(library(200)).encode()
    # Half of it ends behind an id: a row of one field.
    (folder / "cut-mute.csv").write_bytes(data[: 2 * (data.index(b"book-00070,") + 10)])
    answer = admit(f"{address}/cut-mute.csv")
    assert answer.code == 3, answer.stderr
    assert "its last line has no end, and its server does not tell how long" in " ".join(
        answer.stderr.split()
    )
    whole = data[: 2 * data.index(b"book-00070,")]
    (folder / "cut-mute.csv").write_bytes(whole)
    assert admit(f"{address}/cut-mute.csv").verdict.facts["read"] == 70


def test_half_a_file_is_no_pull(tmp_path: Path) -> None:
    text = as_jsonl(library(20))
    (tmp_path / "half.jsonl").write_text(text[:-30])
    with pytest.raises(CatalogueError, match="broke off"):
        pull(str(tmp_path / "half.jsonl"), Path("pin.toml"))
    (tmp_path / "none.csv").write_text("id,title\n")
    with pytest.raises(CatalogueError, match="gave no rows"):
        pull(str(tmp_path / "none.csv"), Path("pin.toml"))
    assert not Path("pin.toml").exists()


def test_a_pin_whose_pull_is_gone_pulls_again_or_says_no(site: tuple[str, Path]) -> None:
    address, folder = site
    (folder / "books.jsonl").write_text(as_jsonl(library(5)))
    digest = pull(f"{address}/books.jsonl", Path("pin.toml"))
    (PULLS / digest / "pull.jsonl").unlink()
    assert pinned_pull(Path("pin.toml")).is_file()
    (PULLS / digest / "pull.jsonl").unlink()
    (folder / "books.jsonl").write_text(as_jsonl(library(6)))
    with pytest.raises(CatalogueError, match="no longer gives"):
        pinned_pull(Path("pin.toml"))


def test_a_bucket_is_a_source(monkeypatch: pytest.MonkeyPatch, admit: Admit) -> None:
    from moto.server import ThreadedMotoServer

    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        import s3fs

        s3fs.S3FileSystem.clear_instance_cache()
        bucket = s3fs.S3FileSystem()
        bucket.mkdir("shop")
        with bucket.open("shop/books.jsonl.gz", "wb") as file:
            file.write(gzip.compress(as_jsonl(library(30)).encode()))
        answer = admit("s3://shop/books.jsonl.gz")
        assert answer.verdict.facts["accepted"] == 30
        assert admit("s3://shop/missing.jsonl").code == 3
    finally:
        server.stop()
        import s3fs

        s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("sha256 = 'ab'", "'sha256' must be the 64 characters of a SHA-256, not 'ab'."),
        ("file = '../../etc/passwd'", "'file' must be a name like pull.csv"),
        ("source = ' '", "'source' must be a text, not blank"),
        ("source = 'nowhere'", "'source': there is no catalogue at 'nowhere'"),
        (f"source = '{'x' * 5000}'", "'source': there is no catalogue at 'xxx"),
        ("surce = 'x'", "'surce' is unknown. Did you mean 'source'?"),
    ],
)
def test_a_pin_that_cannot_be_is_refused_by_file_and_key(line: str, sentence: str) -> None:
    lines = {
        "source": "source = 'books.csv'",
        "sha256": f"sha256 = '{'ab' * 32}'",
        "file": "file = 'pull.csv'",
        "pulled_at": "pulled_at = '2026-01-01T00:00:00Z'",
    }
    lines[line.split()[0]] = line
    (pin := Path("pin.toml")).write_text("\n".join(lines.values()))
    with pytest.raises(ProgramError) as refused:
        pinned_pull(pin)
    assert str(refused.value).startswith("pin.toml: ")
    assert sentence in str(refused.value)
    assert refused.value.exit_code == 2


def test_the_same_pull_again_leaves_nothing_to_commit(site: tuple[str, Path]) -> None:
    """The daily run proposes what the pin says anew: a time alone is no news."""
    address, folder = site
    pin = Path("catalogue/pin.toml")
    (folder / "books.csv").write_text(as_csv(library(50)))
    first = pull(f"{address}/books.csv", pin)
    pin.write_text(re.sub('pulled_at = ".*"', 'pulled_at = "yesterday"', pin.read_text()))
    assert pull(f"{address}/books.csv", pin) == first
    assert "yesterday" in pin.read_text()
    (folder / "books.csv").write_text(as_csv(library(51)))
    assert pull(f"{address}/books.csv", pin) != first
    assert "yesterday" not in pin.read_text()


def test_what_one_machine_pulled_another_finds(
    site: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull request's agent admits what the daily run pinned, whatever the source gives."""
    address, folder = site
    shared, pin = tmp_path / "shared", Path("catalogue/pin.toml")
    monkeypatch.setenv("SEARCHBAR_PULLS", str(shared))
    (folder / "books.csv").write_text(as_csv(library(50)))
    digest = pull(f"{address}/books.csv", pin)
    (folder / "books.csv").unlink()
    assert pinned_pull(pin) == shared / digest / "pull.csv"
    assert not PULLS.exists()


def test_where_the_shared_folder_takes_nothing_pulls_stay_here(
    site: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder = site
    (tmp_path / "no-folder").touch()
    monkeypatch.setenv("SEARCHBAR_PULLS", str(tmp_path / "no-folder/pulls"))
    (folder / "books.csv").write_text(as_csv(library(50)))
    digest = pull(f"{address}/books.csv", Path("catalogue/pin.toml"))
    assert pinned_pull(Path("catalogue/pin.toml")) == PULLS / digest / "pull.csv"
