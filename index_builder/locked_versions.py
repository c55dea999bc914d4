"""The locked versions of the numeric libraries, which a release's id counts."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "locks" / "up.txt"


# Another version of one of these may change a vector, an index file or an order.
NUMERIC = (
    "faiss-cpu",
    "numpy",
    "onnx",
    "onnxruntime",
    "openvino",
    "safetensors",
    "sentence-transformers",
    "tantivy",
    "tokenizers",
    "transformers",
)


def locks() -> dict[str, str]:
    """The locked version of every library that computes.

    The installed one, where this is not a checkout.
    """
    if not LOCK.is_file():
        return {name: version(name) for name in NUMERIC}
    lines = re.findall(r"(?m)^([a-z0-9-]+)==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"))
    return {name: locked for name, locked in lines if name in NUMERIC}
