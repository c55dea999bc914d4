"""Opening a release for answering: by its id, path or channel, its seal checked meanwhile."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from release_format.cli import Parser
from release_format.config.server import ServerSettings
from release_format.release import KIND, Release
from release_format.seal import check_seal, is_sealed
from release_format.store.locate import open_store
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.retrieval.withdrawn import Withdrawn

# Where SageMaker unpacks the model that a container is to serve.
MODEL = Path("/opt/ml/model")


def add_release_arguments(parser: Parser) -> None:
    """Add the arguments by which every verb is told its release."""
    parser.add_argument(
        "release", metavar="RELEASE", help="an id in the store, a path, or a channel's name"
    )
    add_store_argument(parser)


def add_store_argument(parser: Parser) -> None:
    """Add the argument by which a verb is told its store."""
    parser.add_argument(
        "--store", help="where releases are kept (default: SEARCHBAR_STORE or var/store)"
    )


def mounted_model(folder: Path = MODEL) -> str:
    """The release that a hosting platform mounted: the folder itself, or the only one in it.

    Raises:
        SearchError: it holds none, or several.
    """
    sealed = [path for path in (folder, *sorted(folder.glob("*"))) if is_sealed(path)][:2]
    if len(sealed) == 1 or folder in sealed:
        return str(sealed[0])
    holds = "holds several" if sealed else "holds none"
    raise SearchError(
        Cause.BAD_SETTING,
        f"no release is named, and {folder} {holds}. Name one: an id in the store, a path, or a"
        " channel's name (`searchbar releases` lists what there is).",
    )


def open_engine(release: str, store: str | None, settings: ServerSettings) -> Engine:
    """Open a release by id, path or channel; its seal is checked while it is being opened."""
    # Its short texts are tokenised sooner by the thread that asks than by a crowd that has to be
    # woken.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    path = open_store(store).path(KIND, release)
    opened = Release.open(path, sizes_only=True)
    withdrawn = Withdrawn(Path(settings.withdrawn) if settings.withdrawn else None)
    values = Path(settings.values) if settings.values else None
    with ThreadPoolExecutor(1) as checker:
        check = checker.submit(check_seal, path) if settings.verify == "full" else None
        try:
            return Engine.open(opened, withdrawn=withdrawn, values=values)
        finally:
            # A broken seal explains more than whatever error the broken file caused.
            if check:
                check.result()
