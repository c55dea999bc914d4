"""Links to the files of a sealed directory, for whoever writes where it only ought to read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from release_format.system.temporary_folder import temporary_folder


@contextmanager
def links_to(directory: Path) -> Iterator[Path]:
    """A passing directory of links to the files of another one."""
    with temporary_folder("searchbar-lexical-") as links:
        for path in directory.iterdir():
            (links / path.name).symlink_to(path.resolve())
        yield links
    # tantivy's watcher, told to stop, may still make one lock file while the directory is emptied:
    # then once more.
    shutil.rmtree(links, ignore_errors=True)
