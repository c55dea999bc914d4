"""Downloads over HTTP: whole, tried again where that helps, and refused where it is no file."""

from __future__ import annotations

import base64
import contextlib
import http.client
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPMessage
from typing import IO
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from data_checks.errors import CatalogueError
from data_checks.sources.network.answers import PASSING, network_answer, status_answer
from release_format.config.refusal import shown
from release_format.exit_codes import USAGE

HTTP = ("http", "https")
# Seconds before each further attempt, and the longest wait that a server may ask for.
WAITS, LONGEST_WAIT = (1.0, 3.0), 60.0
TIMEOUT = 60.0
CHUNK = 1 << 20
# Tables of lines, which have no mark of their own where they end.
LINES = (".csv", ".tsv", ".tab", ".txt")
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_AS_WRITTEN = "%/:=&?~#+!$,;'@()*[]"


class TroubleError(Exception):
    """Why one attempt failed; whether another may help, and after how many seconds."""

    def __init__(self, answer: str, *, is_passing: bool = False, wait: float = 0.0) -> None:
        super().__init__(answer)
        self.is_passing, self.wait = is_passing, wait


@contextlib.contextmanager
def downloaded(address: str) -> Iterator[IO[bytes]]:
    """The whole file behind an http:// or https:// address, in a temporary one without a name.

    Raises:
        CatalogueError: it cannot be had, breaks off every time, or is a web page.
    """
    with tempfile.TemporaryFile() as file:
        _fill(address, file)
        file.seek(0)
        if _PAGE.match(head := file.read(4_096)):
            title = _TITLE.search(head)
            name = f" ({shown(title[1].decode('utf-8', 'replace').strip())})" if title else ""
            raise CatalogueError(
                f"{address} is a web page{name}, not a catalogue, as a login or a proxy shows one."
                " Open it in a browser that is not logged in, and give an address that gives the"
                " file."
            )
        file.seek(0)
        yield file


def _fill(address: str, file: IO[bytes]) -> None:
    """Write what the address gives into the file, in as many attempts as there are waits and one.

    Raises:
        CatalogueError: each of them failed.
    """
    request = _request(address)
    for attempt, pause in enumerate((*WAITS, 0.0), 1):
        file.seek(0)
        file.truncate()
        try:
            return _attempt(request, file)
        except TroubleError as trouble:
            is_last = attempt > len(WAITS) or not trouble.is_passing
            if is_last or trouble.wait > LONGEST_WAIT:
                times = f" (tried {attempt} times)" if attempt > 1 else ""
                raise CatalogueError(f"{address} cannot be read{times}: {trouble}") from None
            time.sleep(max(pause, trouble.wait))
    return None


def _attempt(request: urllib.request.Request, file: IO[bytes]) -> None:
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as response:
            if response.status != HTTPStatus.OK:
                raise TroubleError(status_answer(response.status))
            _copy(request, response, file)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error, request) from None
    except OSError as error:
        raise _unreachable(error) from None
    except http.client.HTTPException as error:
        raise TroubleError(
            f"it breaks off, or speaks no HTTP ({type(error).__name__}). Nothing was taken; try"
            " again.",
            is_passing=True,
        ) from None


def _copy(
    request: urllib.request.Request, response: http.client.HTTPResponse, file: IO[bytes]
) -> None:
    length, last = response.headers.get("Content-Length", ""), b""
    while data := response.read(CHUNK):
        file.write(data)
        last = data
    if length.isdigit() and file.tell() < int(length):
        raise TroubleError(
            f"it breaks off after {file.tell():,} of {int(length):,} bytes. Nothing was taken;"
            " try again.",
            is_passing=True,
        )
    if not length and not response.chunked and _ends_within_a_line(request, last):
        raise TroubleError(
            "its last line has no end, and its server does not tell how long the file is: it seems"
            " to break off. Nothing was taken; try again, or have the file end with a line break.",
            is_passing=True,
        )


def _ends_within_a_line(request: urllib.request.Request, last: bytes) -> bool:
    """Whether a table of lines ends so. Half a line may look like a whole one whose last text is
    shorter; what is no such table tells its end by itself."""
    is_table = urlsplit(request.full_url).path.lower().endswith(LINES)
    return is_table and bool(last) and not last.rstrip(b"\0").endswith((b"\n", b"\r"))


def _unreachable(error: OSError) -> TroubleError:
    """The trouble of a connection; one that somebody cut may be better the next time."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    is_cut = isinstance(cause, ConnectionError) and not isinstance(cause, ConnectionRefusedError)
    answer = network_answer(error) or f"{cause}. Check the address, and try again."
    return TroubleError(answer, is_passing=is_cut)


def _refused(error: urllib.error.HTTPError, request: urllib.request.Request) -> TroubleError:
    status = error.code
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        target = urlsplit(urljoin(request.full_url, error.headers.get("Location", "")))
        if target.scheme not in HTTP:
            return TroubleError(
                f"its server sends on to {shown(target.scheme)}, where nobody follows. Give the"
                " address of the file itself."
            )
        return TroubleError(
            f"its server sends on in a circle ({status}). Open it in a browser: it may want a"
            " login."
        )
    wait = _seconds(error.headers.get("Retry-After", ""))
    answer = status_answer(status)
    if wait > LONGEST_WAIT:
        answer = f"{answer} It asks to wait {wait:,.0f} seconds."
    return TroubleError(answer, is_passing=status in PASSING, wait=wait)


def _seconds(written: str) -> float:
    """How long Retry-After asks to wait: seconds, or until a moment."""
    if written.strip().isdigit():
        return float(written)
    with contextlib.suppress(ValueError, TypeError):
        from email.utils import parsedate_to_datetime

        return max(parsedate_to_datetime(written).timestamp() - time.time(), 0.0)
    return 0.0


def _request(address: str) -> urllib.request.Request:
    """The request for an address: its login goes into a header, signs that no address has are
    written as it wants them.

    Raises:
        CatalogueError: it has no host, or a port that is none.
    """
    try:
        parts = urlsplit(address)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError) as error:
        raise CatalogueError(
            f"{address} is no address ({error}). Check its host and its port.", USAGE
        ) from error
    if not host or port == 0:
        raise CatalogueError(f"{address} names no host, or no port. Check the address.", USAGE)
    query = f"?{quote(parts.query, _AS_WRITTEN)}" if parts.query else ""
    place = f"[{host}]" if ":" in host else host
    place += f":{port}" if port else ""
    url = f"{parts.scheme.lower()}://{place}{quote(parts.path, _AS_WRITTEN) or '/'}{query}"
    request = urllib.request.Request(url)  # noqa: S310 - http or https, as `downloaded` says
    request.add_header("User-Agent", "searchbar")
    request.add_header("Accept-Encoding", "identity")
    if login := _login(parts):
        request.add_unredirected_header("Authorization", login)
    return request


def _login(parts: SplitResult) -> str:
    user, at, _ = parts.netloc.rpartition("@")
    if not at:
        return ""
    name, _, password = user.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to http and https only; a login goes along on the same server, and to no other."""

    max_repeats = 2

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        target, source = urlsplit(newurl), urlsplit(req.full_url)
        if target.scheme not in HTTP:
            raise urllib.error.HTTPError(req.full_url, code, msg, headers, fp)
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        login = req.unredirected_hdrs.get("Authorization")
        is_same = (target.scheme, target.netloc) == (source.scheme, source.netloc)
        if new is not None and login and is_same:
            new.add_unredirected_header("Authorization", login)
        return new


_OPENER = urllib.request.build_opener(_Redirects)
