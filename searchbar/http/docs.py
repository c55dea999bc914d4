"""The description of the API, and the page /docs with scripts that are served from here."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.constants import REF_PREFIX
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from searchbar.http.problems import PROBLEM_JSON
from searchbar.http.schemas import OtherReleaseProblem, Problem

_OF_REFUSED_PARAMETERS = ("HTTPValidationError", "ValidationError")
_REFUSED_PARAMETER = {"$ref": f"{REF_PREFIX}{_OF_REFUSED_PARAMETERS[0]}"}
_PROBLEMS = [{"$ref": f"{REF_PREFIX}{model.__name__}"} for model in (Problem, OtherReleaseProblem)]
DESCRIPTION, SCRIPTS = "/openapi.json", "/docs/scripts"
router = APIRouter(include_in_schema=False)


class DescribedApp(FastAPI):
    """An app whose problems are described as what they are sent as."""

    def openapi(self) -> dict[str, Any]:
        """FastAPI's description, but for what it takes to be so of every app.

        That is, that problems are sent as what their route answers, and that every parameter may be
        refused.
        """
        if not self.openapi_schema:
            description = super().openapi()
            ways = (way for path in description["paths"].values() for way in path.values())
            for way in ways:
                _describe_problems(way["responses"])
            for name in _OF_REFUSED_PARAMETERS:
                description["components"]["schemas"].pop(name, None)
        return super().openapi()


def _describe_problems(responses: dict[str, Any]) -> None:
    for status, response in list(responses.items()):
        for content in list(response.get("content", {}).values()):
            if content["schema"] in _PROBLEMS:
                response["content"] = {PROBLEM_JSON: content}
            elif content["schema"] == _REFUSED_PARAMETER:
                del responses[status]


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
