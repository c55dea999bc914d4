"""Delivery to an MLflow that is full or mute: what waits stays."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from index_builder.tracking.run import Run, enqueue, waiting_records
from index_builder.tracking.sender import LAST_ERROR
from tests.index_builder.tracking.outbox import SECRET, ledger, ledger_at


class _Full(BaseHTTPRequestHandler):
    """An MLflow whose disk is full."""

    def _refuse(self) -> None:
        body = json.dumps(
            {"error_code": "INTERNAL_ERROR", "message": "database or disk is full"}
        ).encode()
        self.send_response(500)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _refuse  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def test_a_full_mlflow_keeps_nothing_from_anybody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Full)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    uri = f"http://ann:{SECRET}@127.0.0.1:{server.server_port}"
    with ledger_at(tmp_path):
        enqueue(Run("build", "one"))
    done = ledger(tmp_path, "send", MLFLOW_TRACKING_URI=uri, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    server.shutdown()
    assert done.returncode == 3
    assert "MLflow did not take it" in done.stderr
    assert "What is left waits in" in done.stderr
    assert SECRET not in done.stderr + (tmp_path / LAST_ERROR).read_text()
    assert len(list(waiting_records(tmp_path))) == 1
    assert "Traceback" not in done.stderr


def test_a_mute_mlflow_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, ledger_at(tmp_path):
        enqueue(Run("build", "one"))
        uri = f"http://127.0.0.1:{mute.getsockname()[1]}"
        done = ledger(tmp_path, "send", "--seconds", "8", MLFLOW_TRACKING_URI=uri)
    assert done.returncode == 3
    assert "took longer than 8 s" in done.stderr
    assert len(list(waiting_records(tmp_path))) == 1
