"""Tell FORGE_NOTIFY's addresses what Alertmanager posts to http://HOST:PORT/alarms.

Each group of alarms is one message, and so is its end. Every message stands on the console, too:
without addresses that is all. Whoever reaches the port can write to these addresses: keep it on
this machine.
"""

from __future__ import annotations

import re
import signal
from argparse import Namespace
from threading import Thread

from forge.alarms.message import AlarmMessage
from forge.alarms.receiver import PATH, AlarmReceiver, Tell
from forge.errors import ForgeError
from forge.notify import notify
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE, YES
from release_format.progress import say
from release_format.secrets.secret import Secret

EXAMPLE = "python -m forge relay-alarms --listen 127.0.0.1:9095"


def add_arguments(parser: Parser) -> None:
    """Add the address to listen on."""
    parser.add_argument(
        "--listen", default="127.0.0.1:9095", metavar="HOST:PORT", help="127.0.0.1:9095"
    )


def run(options: Namespace) -> int:
    """Receive until told to stop."""
    settings = read_settings(ForgeSettings)
    with _receiver(options.listen, teller(settings.notify)) as receiver:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: Thread(target=receiver.shutdown).start())
        host = options.listen.rpartition(":")[0]
        say(f"forge: alarms are taken at http://{host}:{receiver.server_port}{PATH}.")
        receiver.serve_forever()
    return YES


def teller(addresses: Secret) -> Tell:
    """What says a message, and sends it where there are addresses."""

    def tell(message: AlarmMessage) -> bool:
        say(f"forge: {message.title}\n{message.text}")
        return not addresses or notify(addresses, message.title, message.text) > 0

    return tell


def _receiver(listen: str, tell: Tell) -> AlarmReceiver:
    host, _, port = listen.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ForgeError(f"--listen {listen}: give an address and a port, HOST:PORT.", USAGE)
    try:
        return AlarmReceiver((host, int(port)), tell)
    except OSError as error:
        raise ForgeError(
            f"nothing can listen on {listen} ({error.strerror}). Give another --listen.", USAGE
        ) from error
