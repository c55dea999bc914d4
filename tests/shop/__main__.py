"""Make the demo shop: `python -m tests.shop var/demo-shop`; `make up CATALOGUE=demo-shop` does."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.shop.files import CATALOGUE, write_shop
from tests.shop.products import products


def main() -> None:
    """Write the shop into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--products", type=int, default=2_000, help="how many (%(default)s)")
    address = "http://127.0.0.1:8000"
    parser.add_argument("--address", default=address, help="of the search bar (%(default)s)")
    options = parser.parse_args()
    write_shop(options.folder, products(options.products), options.address)
    print(f"{options.products:,} made-up products: {options.folder / CATALOGUE}")


if __name__ == "__main__":
    main()
