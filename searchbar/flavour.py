"""The old name of `searchbar.mlflow_model`, by which models that were registered earlier ask to
be loaded."""

from searchbar.mlflow_model import _load_pyfunc

__all__ = ["_load_pyfunc"]
