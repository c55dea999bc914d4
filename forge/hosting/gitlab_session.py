"""The HTTP session with GitLab: reads asked again with patience, refusals with their headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from forge.remote_reasons import seconds_to_wait
from release_format.untrusted_json import parse_json

if TYPE_CHECKING:
    from requests import Response, Session
    from urllib3.util import Retry


class GitLabRefusalError(Exception):
    """An answer of 400 or more: its status, what it says, and its headers."""

    def __init__(self, status: int, data: Any, headers: Mapping[str, str]) -> None:
        super().__init__(f"{status}: {data}")
        self.status, self.data, self.headers = status, data, headers


def open_session(patience: float) -> Session:
    """A session whose refusals are raised at once: the library would lose their headers, and wait
    for as long as they say."""
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.hooks = {"response": [_check]}
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=_retry(patience)))
    return session


def _check(response: Response, *_: Any, **__: Any) -> None:
    if response.status_code < 400:
        return
    try:
        data = parse_json(response.content)
    except ValueError:
        data = response.content.decode("utf-8", "replace")
    raise GitLabRefusalError(response.status_code, data, response.headers)


def _retry(patience: float) -> Retry:
    """Asks again, at most `patience` seconds later; what asks for more is an answer at once."""
    from urllib3.exceptions import MaxRetryError
    from urllib3.util import Retry

    class PatientReads(Retry):
        """urllib3's, which would sleep for as long as Retry-After says."""

        def increment(self, *args: Any, **kwargs: Any) -> Any:
            response = kwargs.get("response") or (args[2] if len(args) > 2 else None)
            if response is not None:
                seconds = seconds_to_wait(response.headers, datetime.now(UTC))
                if seconds is not None and seconds > patience:
                    raise MaxRetryError(kwargs["_pool"], "")
            return super().increment(*args, **kwargs)

    return PatientReads(
        total=3,
        backoff_factor=0.2,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods={"GET", "PUT", "DELETE"},
        respect_retry_after_header=True,
        raise_on_status=False,
    )
