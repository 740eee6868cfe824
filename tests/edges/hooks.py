"""A receiver of webhooks on loopback."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def a_hook(path="/hook"):
    """It keeps what it ``got``, and answers with the next of ``answers``, or 200."""

    class Hook(BaseHTTPRequestHandler):
        got, answers = [], []

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.got.append((dict(self.headers), json.loads(body), body))
            self.send_response(self.answers.pop(0) if self.answers else 200)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Hook.url = f"http://127.0.0.1:{server.server_address[1]}{path}"
    try:
        yield Hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
