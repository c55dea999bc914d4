"""Settings from AWS Systems Manager Parameter Store: the parameters right below a path."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from deployer.errors import RolloutError
from deployer.settings.slot_settings import SlotSettings, checked
from release_format.config.refusal import plain
from release_format.config.table import ConfigError
from release_format.exit_codes import USAGE
from release_format.secrets.redaction import redacted

# AWS answers some forty of these a second, whoever asks; each try waits longer than the last.
ATTEMPTS = 6
CONNECT_SECONDS, ANSWER_SECONDS = 5, 20
REASONS = {
    "AccessDeniedException": "Allow ssm:GetParametersByPath on this path, and kms:Decrypt on its"
    " key, to whoever this is (docs/settings.md has the policy).",
    "ThrottlingException": "Too much was asked of it at once. Run this again in a minute.",
    "InvalidKeyId": "The key that a parameter is encrypted by is gone or closed. Write it anew.",
    "ExpiredTokenException": "Log in again.",
    "UnrecognizedClientException": "Give other credentials.",
    "InvalidSignatureException": "Give other credentials, and set this machine's clock.",
}


def read_parameters(path: str) -> SlotSettings:
    """The settings below a path such as `/searchbar/prod/`, decrypted.

    Raises:
        RolloutError: they could not be had: no botocore, region, credentials, right, or answer.
        ConfigError: there are none, or one of them is no setting of the server.
    """
    origin = f"ssm:{path}"
    try:
        # An environment whose hosts.toml names no path goes without.
        from botocore.config import Config
        from botocore.session import Session
    except ImportError as error:
        raise RolloutError(
            f"{origin} needs botocore. Run `pip install 'searchbar[deploy]'`.", USAGE
        ) from error
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    with _explained(origin):
        client = Session().create_client("ssm", config=config)
        found = dict(_below(client, path))
    if not found:
        raise ConfigError(
            f"{origin}: nothing lies right below this path in {client.meta.region_name}. Put each"
            f" setting there, as {path}SEARCHBAR_TITLE, or mend the path or the region."
        )
    return checked(found.items(), origin)


@contextlib.contextmanager
def _explained(origin: str) -> Iterator[None]:
    """What AWS or its client refuses in the block, as a sentence."""
    import botocore.exceptions as aws

    try:
        yield
    except aws.NoRegionError as error:
        raise _unanswered(
            origin, "no region is set", "Set AWS_DEFAULT_REGION, or a region in ~/.aws/config."
        ) from error
    except (aws.NoCredentialsError, aws.PartialCredentialsError, aws.ProfileNotFound) as error:
        raise _unanswered(
            origin,
            f"no credentials ({_said(error)})",
            "Give this machine a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID with its secret.",
        ) from error
    except aws.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        what = REASONS.get(code, "Look at the path, the region and the credentials.")
        raise _unanswered(origin, _said(error), what) from error
    except aws.BotoCoreError as error:
        what = "Look at the network, AWS_ENDPOINT_URL and the credentials, then run this again."
        raise _unanswered(origin, _said(error), what) from error


def _below(client: Any, path: str) -> Iterator[tuple[str, str]]:
    """Name and value of each parameter right below a path, page by page."""
    pages = client.get_paginator("get_parameters_by_path")
    for page in pages.paginate(Path=path, Recursive=False, WithDecryption=True):
        for parameter in page["Parameters"]:
            yield str(parameter["Name"]).rpartition("/")[2], str(parameter["Value"])


def _unanswered(origin: str, why: str, what: str) -> RolloutError:
    return RolloutError(f"{origin} cannot be read: {why}. {what} Nothing was touched.")


def _said(error: Exception) -> str:
    """What AWS or its client says, on one line and without its full stop."""
    return plain(redacted(" ".join(str(error).split()))[:300]).rstrip(".")
