"""Secrets in a source's address reach the source and nothing else."""

from __future__ import annotations

import http.server
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from data_checks.__main__ import main
from data_checks.errors import CatalogueError
from data_checks.sources.pull import PULLS, pinned_pull
from data_checks.sources.stream import unreadable
from release_format.cli import run_program
from release_format.secrets.redaction import HIDDEN
from tests.data_checks.conftest import Admit
from tests.data_checks.library import as_csv, library

PASSWORD, SIGNATURE = "sword%40fish", "sesame%2Bopen99"
SECRETS = (
    "swordfish",
    "sword@fish",
    PASSWORD,
    "sesame+open99",
    SIGNATURE,
    "YWRhOnN3b3JkQGZpc2g=",
    "Moved77Signature",
)


class _SecretSource(http.server.BaseHTTPRequestHandler):
    """Gives the catalogue to who sends the password or the signature; redirects another address."""

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/moved.csv":
            self.send_response(302)
            self.send_header("Location", "/refused.csv?X-Amz-Signature=Moved77Signature")
            self.end_headers()
            return
        if url.path == "/lost.csv":
            self.send_error(404)
            return
        is_allowed = self.headers.get("Authorization") == "Basic YWRhOnN3b3JkQGZpc2g="
        is_allowed = is_allowed or parse_qs(url.query).get("sig") == ["sesame+open99"]
        data = as_csv(library(40)).encode()
        self.send_response(200 if is_allowed and url.path == "/books.csv" else 403)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (work := tmp_path / "work").mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("SEARCHBAR_LOG", str(tmp_path / "log/run.jsonl"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _SecretSource) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def assert_no_secret(folder: Path, *texts: str) -> None:
    """No secret stands in any file below the folder, or in what was printed."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for name, text in [
        (str(path), path.read_bytes().decode("utf-8", "replace")) for path in files
    ] + [("", t) for t in texts]:
        assert not [secret for secret in SECRETS if secret in text], name or text
        assert not [secret for secret in SECRETS if secret in name]


@pytest.mark.parametrize(
    "address",
    ["http://ada:{password}@{host}/books.csv", "http://{host}/books.csv?lang=en&sig={signature}"],
)
def test_an_admission_shows_no_secret(
    address: str, host: str, admit: Admit, tmp_path: Path
) -> None:
    answer = admit(address.format(host=host, password=PASSWORD, signature=SIGNATURE), "--json")
    assert answer.code == 0, answer.stderr
    assert HIDDEN in answer.verdict.facts["catalogue"]
    assert host in answer.verdict.facts["catalogue"]
    assert_no_secret(tmp_path, answer.stderr)


@pytest.mark.parametrize("file", ["none.csv", "moved.csv", "books.xlsx"])
def test_what_a_library_says_of_an_address_shows_no_secret(
    file: str, host: str, admit: Admit, tmp_path: Path
) -> None:
    answer = admit(f"http://ada:{PASSWORD}@{host}/{file}?token={SIGNATURE}")
    assert answer.code in (2, 3)
    assert_no_secret(tmp_path, answer.stderr)


def test_a_pin_holds_no_secret_and_pulls_again_with_one(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = f"http://ada:{PASSWORD}@{host}/books.csv?sig={SIGNATURE}&lang=en"
    monkeypatch.setenv("SEARCHBAR_SOURCE", whole)
    assert run_program("data_checks", main, ["pull"]) == 0
    pin = Path("catalogue/pin.toml")
    assert f'source = "http://{HIDDEN}@{host}/books.csv?sig={HIDDEN}&lang=en"' in pin.read_text()
    before = pin.read_text().replace("pulled_at", "pulled_at ")
    pin.write_text(before)
    assert run_program("data_checks", main, ["pull", whole]) == 0
    assert pin.read_text() == before, "the same pull again leaves nothing to commit"

    shutil.rmtree(PULLS)
    assert pinned_pull(pin).is_file(), "the environment has the whole address"
    for other in ("", whole.replace("books", "other")):
        shutil.rmtree(PULLS, ignore_errors=True)
        monkeypatch.setenv("SEARCHBAR_SOURCE", other)
        with pytest.raises(
            CatalogueError, match="Put the whole address into SEARCHBAR_SOURCE"
        ) as refused:
            pinned_pull(pin)
        assert refused.value.exit_code == 2
    assert_no_secret(tmp_path, "".join(capsys.readouterr()), str(refused.value))


def test_a_pull_from_nowhere_says_where_to_put_the_address(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SEARCHBAR_SOURCE", raising=False)
    assert run_program("data_checks", main, ["pull"]) == 2
    assert "put it into SEARCHBAR_SOURCE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    ["postgresql://ada:swordfish@{host}/shop", "postgresql://ada@{host}/shop?password=swordfish"],
)
def test_a_databases_password_has_its_own_place(
    address: str, host: str, admit: Admit, tmp_path: Path
) -> None:
    answer = admit(address.format(host=host))
    assert answer.code == 2
    assert "SEARCHBAR_SQL_PASSWORD" in answer.stderr
    assert_no_secret(tmp_path, answer.stderr)


def test_a_query_that_hides_a_password_in_a_message_shows_none(
    host: str, admit: Admit, tmp_path: Path
) -> None:
    """What a driver does not understand it repeats."""
    answer = admit(f"postgresql://ada@{host}/shop?passwords=swordfish&options=swordfish")
    assert answer.code == 3
    assert_no_secret(tmp_path, answer.stderr)


def test_a_password_with_a_quote_is_in_no_file(
    host: str, tmp_path: Path, admit: Admit, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = f"http://ada:it's-swordfish@{host}/books.csv?sig={SIGNATURE}"
    monkeypatch.setenv("SEARCHBAR_SOURCE", whole)
    assert run_program("data_checks", main, ["pull"]) == 0
    assert (
        f"http://{HIDDEN}@{host}/books.csv?sig={HIDDEN}" in Path("catalogue/pin.toml").read_text()
    )
    monkeypatch.setenv("SEARCHBAR_SOURCE", whole.replace("books", "none"))
    assert run_program("data_checks", main, ["pull"]) == 3
    answer = admit(f"http://{host}/books.csv?sig={SIGNATURE}&note=a'swordfish'b")
    assert answer.code == 0
    assert answer.verdict.facts["catalogue"].endswith(f"?sig={HIDDEN}&note={HIDDEN}")
    assert_no_secret(tmp_path, answer.stderr)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://{host}/none.csv?lang=en", "answers 403 Forbidden. Check the password"),
        ("http://{host}/lost.csv?lang=en", "answers 404 Not Found. Check the name"),
        ("http://{closed}/a.csv?lang=en", "the connection was refused. Is its server running"),
    ],
)
def test_why_an_address_gives_nothing_is_said_in_a_sentence(
    address: str, sentence: str, host: str, admit: Admit
) -> None:
    with socket.socket() as closed:  # bound, so nobody else's, but it does not listen
        closed.bind(("127.0.0.1", 0))
        at = f"127.0.0.1:{closed.getsockname()[1]}"
        answer = admit(address.format(host=host, closed=at))
    assert answer.code == 3
    assert sentence in answer.stderr
    assert "glob" not in answer.stderr


def test_a_password_with_a_bracket_is_told_how_to_be_written(
    host: str, admit: Admit, tmp_path: Path
) -> None:
    answer = admit(f"http://ada:[swordfish@{host}/books.csv")
    assert answer.code == 2
    assert f"http://{HIDDEN}@{host}/books.csv is no address" in answer.stderr
    assert "Write [ ] / ? # @ in a password as %5B" in answer.stderr
    assert_no_secret(tmp_path, answer.stderr)


def test_a_host_that_nobody_knows_is_said() -> None:
    error = FileNotFoundError("http://shop.invalid/a.csv")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    assert str(unreadable("http://shop.invalid/a.csv", error)) == (
        "http://shop.invalid/a.csv cannot be read: there is no such host. Check the host's name in"
        " the address."
    )
