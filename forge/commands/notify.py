"""Tell FORGE_NOTIFY's addresses; always ends with 0."""

from __future__ import annotations

import os
from argparse import Namespace

from forge.notify import notify
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.config.table import ConfigError
from release_format.exit_codes import YES
from release_format.progress import say

EXAMPLE = 'python -m forge notify "stage is green"'


def add_arguments(parser: Parser) -> None:
    parser.add_argument("text")


def run(options: Namespace) -> int:
    try:
        settings = read_settings(ForgeSettings)
    except ConfigError as error:
        say(f"forge: {error} Nobody was notified.")
        return YES
    build = " ".join(filter(None, (os.environ.get("JOB_NAME"), os.environ.get("BUILD_NUMBER"))))
    notified = notify(settings.notify, build or "searchbar line", options.text)
    say(f"forge: {notified} took the message.")
    return YES
