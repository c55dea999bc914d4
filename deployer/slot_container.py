"""Container of a slot: its name, and the Docker command line that starts its server."""

from __future__ import annotations

from deployer.hosts import Environment

# While a slot starts and warms up, it takes what the live one leaves; once it is ready, both count
# alike.
STARTING_SHARES, SHARES = 128, 1024
ISOLATION = (
    *("--read-only", "--tmpfs", "/tmp:rw,noexec,nosuid,size=64m"),  # noqa: S108
    *("--user", "10001:10001", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)


def container_name(environment: Environment, colour: str) -> str:
    """The name of the container in a slot."""
    return f"{environment.site}-{colour}"


def run_arguments(
    environment: Environment, root: str, colour: str, release: str, image: str, settings: str = ""
) -> list[str]:
    """Start a server: release and root read-only, its own user, limits, its log turned over.

    `settings` names the file on the host that holds its settings, "" for none.
    """
    kept = f"{root}/settings/{settings}.env"
    return [
        *("run", "--detach", "--name", container_name(environment, colour)),
        *("--restart", "unless-stopped", "--network", "host"),
        *_repeated("--log-opt", "max-size=10m", "max-file=3"),
        *("--memory", environment.memory, "--memory-swap", environment.memory),
        *("--cpus", str(environment.cpus), "--cpu-shares", str(STARTING_SHARES)),
        *("--pids-limit", "256"),
        *ISOLATION,
        *_repeated("--label", f"searchbar.release={release}", f"searchbar.image={image}"),
        *(("--label", f"searchbar.settings={settings}", "--env-file", kept) if settings else ()),
        *_repeated(
            "--volume",
            f"{root}/releases/{release}:/release:ro",
            f"{root}/site:/site:ro",
            f"{root}/logs:/logs",
        ),
        *_repeated(
            "--env",
            # The router alone may say who asks, whatever the image has set.
            "SEARCHBAR_TRUSTED_PROXIES=127.0.0.1",
            f"SEARCHBAR_IMAGE={image}",
            "SEARCHBAR_WITHDRAWN=/site/withdrawn.txt",
            "SEARCHBAR_QUESTIONS=/logs/questions.jsonl",
        ),
        *(image, "serve", "/release"),
        *("--host", "127.0.0.1", "--port", str(environment.port_of(colour))),
    ]


def _repeated(option: str, *values: str) -> list[str]:
    return [word for value in values for word in (option, value)]
