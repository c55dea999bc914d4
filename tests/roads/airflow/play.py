"""Run DAGs, one scene after another. Airflow's own interpreter runs this file: only Airflow and the
standard library are here.

A scene on standard input: {"dag", "conf", "env", "without"}; the line of JSON that is printed last
holds for each how the run and its tasks ended.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any


def play(bag: Any, scene: dict[str, Any]) -> dict[str, Any]:
    """Run one DAG to its end, tries without waiting."""
    before = dict(os.environ)
    os.environ.update(scene["env"])
    dag = bag.dags[scene["dag"]]
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    try:
        run = dag.test(run_conf=scene["conf"])
        tasks = {
            one.task_id: {"state": str(one.state), "tries": one.try_number}
            for one in run.get_task_instances()
        }
        return {"state": str(run.state), "tasks": tasks}
    finally:
        os.environ.clear()
        os.environ.update(before)


def described(dag: Any) -> dict[str, Any]:
    """What a DAG says of itself."""
    return {
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "page": bool(dag.doc_md),
        "schedule": str(dag.schedule),
        "params": {name: param.schema for name, param in dag.params.items()},
        "tasks": {
            one.task_id: {
                "timeout": bool(one.execution_timeout),
                "retries": one.retries,
                "tells": len(one.on_failure_callback),
                "kind": type(one).__name__,
            }
            for one in dag.tasks
        },
    }


def bag_of(folder: str) -> Any:
    """The DAGs of a folder, read as Airflow's own processes read it: beside a DAG may lie more."""
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(folder, bundle_path=Path(folder), bundle_name="dags-folder")


def main(folder: str) -> dict[str, Any]:
    """The DAGs of a folder, and how each scene ended."""
    asked = json.load(sys.stdin)
    for module in asked["without"]:
        sys.modules[module] = None  # type: ignore[assignment]
    bag = bag_of(folder)
    return {
        "errors": bag.import_errors,
        "dags": {name: described(dag) for name, dag in bag.dags.items()},
        # A run leaves what it was given in the DAG: each gets one of its own.
        "scenes": [play(bag_of(folder), scene) for scene in asked["scenes"]],
    }


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        told = main(sys.argv[1])
    print(json.dumps(told))
