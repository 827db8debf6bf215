"""A server of the tests: in a thread, on 127.0.0.1 and a free port, stopped with its block."""

import contextlib
import sys
import threading


@contextlib.contextmanager
def serving(kind, handler):
    """Serve with a threading server of this kind; gives its port.

    `over`, an attribute of the server, is set before it stops: what its handlers still do then is
    not waited for.
    """

    class Server(kind):
        daemon_threads = True
        block_on_close = False
        over = threading.Event()

        def handle_error(self, request, client_address):
            """A connection that breaks is its client's affair, not a line among a test's errors."""
            if not isinstance(sys.exc_info()[1], OSError):
                super().handle_error(request, client_address)

    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.over.set()
            server.shutdown()
