"""Host program that kills itself −9 right before its n-th change under a directory.

    python -S tests/hosts/dying.py N PROGRAM DIRECTORY VERB…

Python tells of each change before it happens: a file opened to be written, renamed, linked,
removed, a command sent to the router, a process started.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate", "os.chmod")
left, sys.argv = int(sys.argv[1]), sys.argv[2:]
directory = sys.argv[1]


def is_change(event: str, arguments: tuple[object, ...]) -> bool:
    if event in ("socket.connect", "subprocess.Popen"):
        return True
    if event == "open":
        if not int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return False
    elif event not in CHANGES:
        return False
    place = arguments[0]
    if not isinstance(place, str | bytes | os.PathLike):
        return False
    # A whole tree is removed from inside, by names that begin nowhere.
    path = os.fsdecode(place)
    return path.startswith(directory) or not path.startswith("/")


def die_in_time(event: str, arguments: tuple[object, ...]) -> None:
    global left
    if is_change(event, arguments):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(die_in_time)
runpy.run_path(sys.argv[0], run_name="__main__")
