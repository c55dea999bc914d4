"""Answer questions over HTTP."""

from __future__ import annotations

import os
import time
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module

from release_format.cli import Parser
from release_format.exit_codes import YES
from release_format.progress import say
from searchbar.engine import Engine
from searchbar.opening import add_release_arguments, open_engine
from searchbar.settings import ServerSettings, help_text

EXAMPLE = "python -m searchbar serve latest --port 8000"


def add_arguments(parser: Parser) -> None:
    """Add the release and where to listen; the help shows every setting."""
    parser.description = f"{__doc__}\n\n{help_text()}"
    add_release_arguments(parser)
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")


def run(options: Namespace) -> int:
    """Open the release, then serve it until told to stop."""
    settings, started = ServerSettings.read(os.environ), time.monotonic()
    settings = replace(
        settings, host=options.host or settings.host, port=options.port or settings.port
    )
    with ThreadPoolExecutor(1) as opener:
        opening = opener.submit(_open_probed, options.release, options.store, settings)
        # Opening and probing are mostly work of libraries outside Python: the web server's modules
        # load meanwhile. By name, since imported above they would keep the opening waiting.
        names = ("uvicorn", "searchbar.http.app", "searchbar.http.auth", "searchbar.http.origins")
        uvicorn, app, auth, origins = map(import_module, names)
        auth.key_of(settings)  # One that is refused is told before anything is said to answer.
        origins.embedding_origins(settings)
        engine = opening.result()
    release, seconds = engine.release, time.monotonic() - started
    say(f"release {release.id[:12]}: {len(release.items):,} items, opened in {seconds:.1f} s")
    say(f"searchbar answers at http://{settings.host}:{settings.port}")
    uvicorn.run(
        app.create_app(engine, settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        forwarded_allow_ips=settings.trusted_proxies,
    )
    return YES


def _open_probed(release: str, store: str | None, settings: ServerSettings) -> Engine:
    engine = open_engine(release, store, settings)
    _ = engine.failing_probes  # cached by the engine: /readyz asks for them again
    return engine
