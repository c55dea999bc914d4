"""What the network answered, in a sentence each, and what to do about it."""

from __future__ import annotations

import socket
import ssl
from http import HTTPStatus
from http.client import responses

_ADVICE = {
    HTTPStatus.UNAUTHORIZED: (
        "It wants a login: write user:password@ before the host, or a signed address, into"
        " SEARCHBAR_SOURCE."
    ),
    HTTPStatus.FORBIDDEN: (
        "Check the password or the signature in the address; it may have run out, or not be"
        " allowed to read this."
    ),
    HTTPStatus.NOT_FOUND: "Check the name in the address.",
    HTTPStatus.GONE: "It will not come back: ask for its new address.",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: (
        "The proxy wants a login: write it into HTTPS_PROXY or HTTP_PROXY."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: "It is asked too often: run this again later, or less often.",
}
# Answers to a question that may be answered otherwise a moment later.
PASSING = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


def network_answer(error: BaseException) -> str:
    """What the network answered, and what to do; libraries tell it in the causes of their error."""
    cause: BaseException | None = error
    while cause is not None:
        if answer := _answer(cause):
            return answer
        inner = getattr(cause, "reason", None)
        cause = inner if isinstance(inner, OSError) else cause.__cause__ or cause.__context__
    return ""


def _answer(cause: BaseException) -> str:
    if isinstance(status := getattr(cause, "status", None), int) and status >= 300:
        return status_answer(status)
    if isinstance(cause, ConnectionRefusedError):
        return "the connection was refused. Is its server running, and the port right?"
    if isinstance(cause, socket.gaierror):
        return "there is no such host. Check the host's name in the address."
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not to be trusted ({cause.verify_message}). Have it renewed, or"
            " name the file of its authority in SSL_CERT_FILE."
        )
    if isinstance(cause, ssl.SSLError):
        return (
            f"no encrypted connection comes about ({cause.reason or 'TLS'}). Is it https, and the"
            " port right?"
        )
    if isinstance(cause, TimeoutError):
        return "it does not answer in time. Try again later, or look at the network between."
    if isinstance(cause, ConnectionError):
        return "the connection broke off. Nothing was taken; try again."
    return ""


def status_answer(status: int) -> str:
    """A status with its name, and what to do."""
    return f"its server answers {status} {responses.get(status, '')}. {_advice(status)}"


def _advice(status: int) -> str:
    if status in _ADVICE:
        return _ADVICE[HTTPStatus(status)]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "It is in trouble of its own: try again later, or ask who runs it."
    if status >= HTTPStatus.BAD_REQUEST:
        return "Check the address, or ask who runs it."
    return "It gives no file. Check the address in a browser."
