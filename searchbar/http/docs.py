"""The description of the API, and the page /docs with scripts that are served from here."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

DESCRIPTION, SCRIPTS = "/openapi.json", "/docs/scripts"
router = APIRouter(include_in_schema=False)


@router.get(DESCRIPTION)
async def description(request: Request) -> Response:
    """The description itself (OpenAPI)."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs() -> HTMLResponse:
    """The page that shows it."""
    return get_swagger_ui_html(
        openapi_url=DESCRIPTION,
        title="searchbar",
        swagger_js_url=f"{SCRIPTS}/swagger-ui-bundle.js",
        swagger_css_url=f"{SCRIPTS}/swagger-ui.css",
        swagger_favicon_url=f"{SCRIPTS}/favicon.png",
    )


@router.get(f"{SCRIPTS}/{{name}}")
async def script(request: Request, name: str) -> Response:
    """One of the files of that page; a route, so that it needs the key where the page does."""
    return await _scripts().get_response(name, request.scope)


@cache
def _scripts() -> StaticFiles:
    return StaticFiles(packages=[("fastapi_offline", "static")])
