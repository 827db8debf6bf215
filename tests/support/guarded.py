"""A tracking server that asks for user and password, as a proxy before it does."""

import base64
import contextlib
import http.server
import urllib.error
import urllib.request

from support.serving import serving


@contextlib.contextmanager
def guarded(address, user, password):
    """Passes on to a server what comes with this user and password; gives HOST:PORT."""
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Guard(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            if self.server.over.is_set():  # on a connection from before
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Authorization") != expected:
                self.reply(401, {}, b"Who are you?")
                return
            names = ("Content-Type", "Accept")
            headers = {name: self.headers[name] for name in names if name in self.headers}
            request = urllib.request.Request(
                address + self.path, body or None, headers, method=self.command
            )
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    self.reply(answer.status, answer.headers, answer.read())
            except urllib.error.HTTPError as refusal:
                with refusal:
                    self.reply(refusal.code, refusal.headers, refusal.read())

        def reply(self, status, headers, body):
            self.send_response(status)
            if "Content-Type" in headers:
                self.send_header("Content-Type", headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Guard, f"do_{method}", Guard.pass_on)

    with serving(http.server.ThreadingHTTPServer, Guard) as port:
        yield f"127.0.0.1:{port}"
