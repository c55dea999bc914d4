"""Which hosting the repository has, and where its API and its pages are. (Pure.)"""

from __future__ import annotations

from urllib.parse import urlsplit

from release_format.config.forge import ForgeSettings

GITHUB, GITLAB = "github", "gitlab"
_GITHUB_API = "https://api.github.com"
_GITLAB_PATH = "/api/v4"


def hosting_kind(settings: ForgeSettings) -> str:
    """`github` or `gitlab`: as FORGE_KIND says, or else as the address of the API looks."""
    if settings.kind:
        return settings.kind
    address = urlsplit(settings.api)
    is_gitlab = GITLAB in (address.hostname or "").split(".") or address.path == _GITLAB_PATH
    return GITLAB if is_gitlab else GITHUB


def web_address(settings: ForgeSettings) -> str:
    """Where git and people find the hosting."""
    if hosting_kind(settings) == GITLAB:
        no_other = settings.api == _GITHUB_API
        return "https://gitlab.com" if no_other else settings.api.removesuffix(_GITLAB_PATH)
    if settings.api == _GITHUB_API:
        return "https://github.com"
    return settings.api.removesuffix("/api/v3")
