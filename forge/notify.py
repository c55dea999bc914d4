"""Notifications by apprise (imported only here); a failing one never stops a build."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from release_format.progress import say
from release_format.secrets.secret import Secret


def notify(addresses: Secret, title: str, text: str) -> int:
    """Send one message to every address; returns how many took it.

    What fails is said, never raised.
    """
    if not addresses:
        say("forge: nobody is to be notified (FORGE_NOTIFY is empty).")
        return 0
    try:
        return sum(_send(address, title, text) for address in addresses.reveal().split())
    except Exception as error:  # a broken notification must never cost a build
        say(f"forge: could not notify ({type(error).__name__}). Check FORGE_NOTIFY.")
        return 0


def _send(address: str, title: str, text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # apprise's plugins import what Python will drop
        import apprise

        return _deliver(apprise.Apprise(), address, title, text)


def _deliver(client: Any, address: str, title: str, text: str) -> bool:
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    kind = address.split(":", 1)[0]
    if not client.add(address):
        say(
            f"forge: FORGE_NOTIFY holds no address that begins with {kind!r}. Look at apprise's"
            " list."
        )
        return False
    # Plain text: a branch's name must not call a whole channel, or format what follows.
    is_sent = bool(client.notify(title=title, body=text, body_format="text"))
    if not is_sent:
        say(
            f"forge: the {kind} address did not take the message. Try it with `make notify"
            " TEXT=hello`."
        )
    return is_sent
