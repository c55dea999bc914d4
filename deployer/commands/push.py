"""Push an image to a registry, tagged by the commit here; prints the digest that it has there."""

from __future__ import annotations

import argparse

from deployer.registry.address import registry_address
from deployer.registry.commit import tag_of_commit
from deployer.registry.login import logged_in, login_of
from deployer.registry.push import push_image
from release_format.exit_codes import YES
from release_format.progress import say

EXAMPLE = "python -m deployer push registry.example.com/team --image sha256:… --name searchbar"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("registry", metavar="REGISTRY", help="its host[:port][/path]")
    parser.add_argument(
        "--image",
        default="",
        help="an image of this machine's engine; without one it is only told whether one could go",
    )
    parser.add_argument(
        "--name", default="searchbar", help="what it is called there (default: %(default)s)"
    )
    parser.add_argument("--user", default="", help="who logs in (default: as docker is logged in)")
    parser.add_argument(
        "--password-file", default="", metavar="FILE", help="holds the password of --user"
    )


def run(options: argparse.Namespace) -> int:
    address = registry_address(options.registry)
    repository, tag = address.repository(options.name), tag_of_commit()
    login = login_of(address, options.user, options.password_file)
    if not options.image:
        say(f"An image of this commit may go to {repository}:{tag}.")
        return YES
    with logged_in(address, login) as client:
        print(push_image(client, options.image, repository, tag))
    return YES
