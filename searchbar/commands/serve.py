"""Answer questions over HTTP; without RELEASE, about the one that a hosting platform mounted."""

from __future__ import annotations

import signal
import socket
import sys
import time
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from release_format.cli import Parser
from release_format.config.registry import help_text, read_settings
from release_format.config.server import ServerSettings
from release_format.exit_codes import YES
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.opening import MODEL, add_store_argument, mounted_model, open_engine
from searchbar.server_log import log_as_json, log_as_text

EXAMPLE = "python -m searchbar serve latest --port 8000"


def add_arguments(parser: Parser) -> None:
    """Add the release and where to listen; the help shows every setting."""
    parser.description = f"{__doc__}\n\n{help_text(ServerSettings)}"
    text = f"an id in the store, a path, or a channel's name (default: what {MODEL} holds)"
    parser.add_argument("release", metavar="RELEASE", nargs="?", help=text)
    add_store_argument(parser)
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")


def run(options: Namespace) -> int:
    """Open the release, then serve it until told to stop."""
    settings, started = read_settings(ServerSettings), time.monotonic()
    release_name = mounted_model() if options.release is None else options.release
    host, port = options.host or settings.host, options.port
    port = settings.port if port is None else port
    with ThreadPoolExecutor(1) as opener:
        opening = opener.submit(_open_probed, release_name, options.store, settings)
        # Opening and probing are mostly work of libraries outside Python: the web server's modules
        # load meanwhile. By name, since imported above they would keep the opening waiting.
        names = ("uvicorn", "searchbar.http.app", "searchbar.http.auth", "searchbar.http.origins")
        uvicorn, app, auth, origins = map(import_module, names)
        auth.key_of(settings)  # One that is refused is told before anything is said to answer.
        origins.embedding_origins(settings)
        engine = opening.result()
    release, seconds = engine.release, time.monotonic() - started
    is_json = settings.log_format == "json"
    tell = (log_as_json if is_json else log_as_text)(release.id)
    tell(f"release {release.id[:12]}: {len(release.items):,} items, opened in {seconds:.1f} s")
    with _listening(host, port) as listener:
        # From here on the machine takes connections; the server answers them when it has begun.
        tell(f"searchbar answers at {_address(listener)}")
        config = uvicorn.Config(
            app.create_app(engine, settings),
            log_level="warning",
            # uvicorn's own line of a request has its query in it, and so the question.
            access_log=False,
            log_config=None if is_json else uvicorn.config.LOGGING_CONFIG,
            forwarded_allow_ips=settings.trusted_proxies,
        )
        # Told to stop, uvicorn ends in order, then raises the signal again.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(YES))
        uvicorn.Server(config).run(sockets=[listener])
    return YES


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        SearchError: the port is taken, or the address is none of this machine's.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise SearchError(
            Cause.BAD_SETTING,
            f"nothing can listen at port {port} of {host} ({error}). Choose another with --host and"
            " --port, or with PORT= after `make up`.",
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _open_probed(release: str, store: str | None, settings: ServerSettings) -> Engine:
    engine = open_engine(release, store, settings)
    _ = engine.failing_probes  # cached by the engine: /readyz asks for them again
    return engine
