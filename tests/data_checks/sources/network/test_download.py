"""What an address answers is told apart, tried again where that helps, and never half taken."""

from __future__ import annotations

import datetime
import http.server
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from data_checks.sources.network import download
from data_checks.sources.stream import opened
from tests.data_checks.conftest import Admit
from tests.data_checks.library import as_csv, library
from tests.refusals.tried import tried

GOOD = as_csv(library(30)).encode()
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def gives(status: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer; of the names of headers _ is a hyphen."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hangs_up(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def closes_after(body: bytes) -> Answer:
    """Tells no length: that the connection is closed is all that ends the body."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return answer


def speaks_otherwise(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.example ESMTP\r\n")
    handler.close_connection = True


def says_nothing(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.connection.settimeout(5)
    handler.rfile.read(1)


class Site(http.server.ThreadingHTTPServer):
    """Gives its answers one after the other, the last one for ever; keeps what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, str | None]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def address(self, file: str = "books.csv", login: str = "") -> str:
        return f"http://{login}127.0.0.1:{self.server_port}/{file}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        site = self.server
        assert isinstance(site, Site)
        site.asked.append((self.path, self.headers["Authorization"]))
        answer = site.answers[0] if len(site.answers) == 1 else site.answers.pop(0)
        answer(self)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(download, "WAITS", (0.0, 0.0))
    with Site() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


LOGIN = b"<!DOCTYPE html><html><head><title>Log in to the shop</title>"
FINAL: dict[str, tuple[list[Any], int, str]] = {
    "401": ([gives(401)], 1, "answers 401 Unauthorized. It wants a login"),
    "403": ([gives(403)], 1, "answers 403 Forbidden. Check the password or the signature"),
    "404": ([gives(404)], 1, "answers 404 Not Found. Check the name in the address."),
    "407": ([gives(407)], 1, "The proxy wants a login"),
    "410": ([gives(410)], 1, "answers 410 Gone. It will not come back"),
    "418": ([gives(418)], 1, "Check the address, or ask who runs it."),
    "500": ([gives(500)], 1, "answers 500 Internal Server Error. It is in trouble of its own"),
    "202": ([gives(202)], 1, "answers 202 Accepted. It gives no file."),
    "429": ([gives(429)], 3, "(tried 3 times): its server answers 429 Too Many Requests. It is"),
    "429 for an hour": ([gives(429, Retry_After="3600")], 1, "It asks to wait 3,600 seconds."),
    "502": ([gives(502)], 3, "(tried 3 times): its server answers 502 Bad Gateway."),
    "503": ([gives(503)], 3, "(tried 3 times): its server answers 503 Service Unavailable."),
    "504": ([gives(504)], 3, "(tried 3 times): its server answers 504 Gateway Timeout."),
    "a hang-up": ([hangs_up], 3, "(tried 3 times): the connection broke off."),
    "no HTTP": ([speaks_otherwise], 3, "speaks no HTTP (BadStatusLine)"),
    "half a body": (
        [gives(200, GOOD, Content_Length=str(2 * len(GOOD)))],
        3,
        f"breaks off after {len(GOOD):,} of {2 * len(GOOD):,} bytes. Nothing was taken",
    ),
    "half a line": ([closes_after(GOOD[:-5])], 3, "its last line has no end, and its server does"),
    "half a last text": ([closes_after(b"id,title\n1,One\n2,Tw")], 3, "it seems to break off."),
    "a circle": ([gives(302, Location="/books.csv")], 3, "sends on in a circle (302)"),
    "ftp": ([gives(302, Location="ftp://127.0.0.1/x.csv")], 1, "sends on to 'ftp', where nobody"),
    "a file": ([gives(301, Location="file:///etc/passwd")], 1, "sends on to 'file', where nobody"),
    "a login page": ([gives(200, LOGIN)], 1, "is a web page ('Log in to the shop'), not"),
    "nothing": ([gives(200)], 1, "is empty. Export it again."),
}


@pytest.mark.parametrize("case", FINAL)
def test_each_answer_has_its_sentence(case: str, site: Site, admit: Admit) -> None:
    answers, asked, sentence = FINAL[case]
    site.answers = list(answers)
    answer = admit(site.address(login="ada:hunter2-hunter2@"))
    assert answer.code == (2 if case == "nothing" else 3), answer.stderr
    assert sentence in answer.stderr
    assert "hunter2" not in answer.stderr
    assert len(site.asked) == asked
    tried("sources", f"HTTP: {case}", answer.code, answer.stderr.replace(str(site.server_port), ""))


@pytest.mark.parametrize(
    "first",
    [
        gives(429, Retry_After="0"),
        gives(503, Retry_After=format_datetime(datetime.datetime.now(datetime.UTC))),
        gives(502, b"x" * 100),
        gives(504, Retry_After="soon"),
        hangs_up,
        gives(200, GOOD[:99], Content_Length=str(len(GOOD))),
    ],
)
def test_trouble_that_passes_is_nobodys(first: Answer, site: Site, admit: Admit) -> None:
    site.answers = [first, first, gives(200, GOOD)]
    answer = admit(site.address())
    assert answer.code == 0, answer.stderr
    assert answer.verdict.facts["read"] == 30
    assert len(site.asked) == 3


@pytest.mark.parametrize(
    ("file", "body"),
    [
        ("a.csv", b"id,title\n1,One\n"),
        ("a.csv", b"id,title\r1,One\r"),
        ("a.csv", "id,title\n1,One\n".encode("utf-16")),
        ("a.json", b'[{"id": 1, "title": "One"}]'),
    ],
)
def test_without_a_length_a_whole_file_is_taken(file: str, body: bytes, site: Site) -> None:
    site.answers = [closes_after(body)]
    with opened(site.address(file)) as stream:
        assert stream.read() == body
    assert len(site.asked) == 1


def test_a_login_goes_along_on_its_own_server_only(site: Site, tmp_path: Path) -> None:
    with Site() as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        other.answers = [gives(200, b"id,title\n")]
        site.answers = [
            gives(302, Location="/moved/b%20ücher.csv".encode().decode("latin-1")),
            gives(302, Location=other.address("far.csv")),
        ]
        with opened(site.address("bücher 1.csv?a=b c", "ada:sword%40fish@")) as file:
            assert file.read() == b"id,title\n"
        other.shutdown()
    login = "Basic YWRhOnN3b3JkQGZpc2g="
    assert site.asked[0] == ("/b%C3%BCcher%201.csv?a=b%20c", login)
    assert site.asked[1][1] == login
    assert other.asked == [("/far.csv", None)]


def test_a_server_that_says_nothing_is_given_up(
    site: Site, admit: Admit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    site.answers = [says_nothing]
    answer = admit(site.address())
    assert answer.code == 3
    assert "does not answer in time" in answer.stderr


def _certificate(folder: Path) -> Path:
    """A key and a certificate of 127.0.0.1 that no authority has signed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_encryption_that_does_not_come_about_is_said(
    site: Site, admit: Admit, tmp_path: Path
) -> None:
    site.answers = [gives(200, GOOD)]
    plain = admit(site.address().replace("http:", "https:"))
    assert (plain.code, "no encrypted connection comes about" in plain.stderr) == (3, True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    site.socket = context.wrap_socket(site.socket, server_side=True)
    answer = admit(site.address().replace("http:", "https:"))
    assert answer.code == 3
    assert "certificate is not to be trusted (self" in answer.stderr
    tried("sources", "HTTPS: a certificate of nobody's", answer.code, "certificate of nobody's")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://127.0.0.1:99999/a.csv", "is no address (Port out of range"),
        ("http://127.0.0.1:x/a.csv", "is no address (Port could not be cast"),
        ("http://:80/a.csv", "names no host"),
        ("postgresql://ada@127.0.0.1:99999/shop", "99999 is no port. Write one from 1 to 65535"),
        ("postgresql://ada@127.0.0.1:x/shop", "this is no database address"),
        ("postgresql+nodriver://ada@127.0.0.1/shop", "needs a driver, and there is none of this"),
        ("mysql://ada@127.0.0.1/shop", "then write mysql+pymysql://"),
        ("sqlite:///nowhere/shop.db", "there is no SQLite file at 'nowhere/shop.db'"),
        ("sqlite://", "there is no SQLite file at ''"),
        ("oracle://ada@127.0.0.1/shop", "nothing here reads 'oracle://'"),
        ("gopher://127.0.0.1/a.csv", "nothing here reads 'gopher://'"),
    ],
)
def test_an_address_that_cannot_be_is_wrong_usage(
    address: str, sentence: str, admit: Admit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (query := tmp_path / "q.sql").write_text("SELECT 1 AS id")
    monkeypatch.chdir(tmp_path)
    answer = admit(address, "--query", str(query))
    assert answer.code == 2, answer.stderr
    assert sentence in answer.stderr
    assert not Path("nowhere").exists()
    tried("sources", address, answer.code, answer.stderr)
