"""Pictures of items, from a folder, for a catalogue whose pictures are nowhere on the web."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from searchbar.errors import Cause, SearchError
from searchbar.http.state import app_state_of

KINDS = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
HEADERS = {
    # An SVG that is opened by itself is a page of this server: it runs and loads nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "public, max-age=3600",
    "X-Content-Type-Options": "nosniff",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
router = APIRouter(include_in_schema=False)


@router.get("/pictures/{name}")
def picture(request: Request, name: str) -> Response:
    """One file of the folder SEARCHBAR_PICTURES, if it is a picture.

    Raises:
        SearchError: there is none of this name.
    """
    folder = app_state_of(request).settings.pictures
    path, kind = Path(folder, name), KINDS.get(Path(name).suffix.lower())
    if not (folder and kind and _NAME.fullmatch(name) and path.is_file()):
        raise SearchError(
            Cause.UNKNOWN_ITEM, f"there is no picture {name[:64]!r} here; look at its address."
        )
    return FileResponse(path, headers=HEADERS, media_type=kind)
