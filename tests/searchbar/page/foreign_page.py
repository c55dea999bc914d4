"""A page of another origin, with a policy of its own, for the tests of the embedded box."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<link rel="icon" href="picture.svg">{head}</head><body><main><h1>Shop</h1>{body}</main></body>
</html>"""


@dataclass
class ForeignPage:
    """A real server of one page and one picture; `policy` goes with the page."""

    url: str = ""
    html: str = ""
    policy: str = ""
    asked: list[str] = field(default_factory=list)

    def shows(self, body: str, head: str = "", policy: str = "") -> str:
        """From now on it shows this; gives its address."""
        self.html, self.policy = HTML.format(head=head, body=body), policy
        return self.url


@contextmanager
def foreign_page() -> Iterator[ForeignPage]:
    """A page that is served until the end, under another name than the search server's."""
    page = ForeignPage()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            picture = self.path.startswith("/picture.svg")
            page.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/svg+xml" if picture else "text/html")
            if page.policy and not picture:
                self.send_header("Content-Security-Policy", page.policy)
            self.end_headers()
            self.wfile.write(PICTURE if picture else page.html.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.url = f"http://localhost:{server.server_port}/"
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
