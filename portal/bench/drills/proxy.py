"""A proxy on loopback between web and database, which cuts a connection at the moment of a COMMIT."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

BEFORE, AFTER = "before", "after"  # the server has not seen the COMMIT; it has done it, and nobody hears of it
KEPT = 4096  # bytes of what was sent last, so that a word cut in two is found
CHUNK = 65536


class Cutter:
    """Passes everything on; armed with a word, it cuts the connection that sent it, at its COMMIT."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self.connect = connect
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.word, self.moment, self.cuts = b"", "", 0
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, word: str, moment: str) -> None:
        self.word, self.moment = word.encode(), moment

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: the drill is over
            while True:
                client, _address = self.listener.accept()
                server = self.connect()
                threading.Thread(target=self._up, args=[client, server], daemon=True).start()
                threading.Thread(target=_down, args=[server, client], daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what the web sends, and watch for the word and the COMMIT after it."""
        tail, is_marked = b"", False
        with suppress(OSError):
            while data := client.recv(CHUNK):
                tail = (tail + data)[-KEPT - len(data) :]
                is_marked = is_marked or bool(self.word and self.word in tail)
                if is_marked and b"COMMIT" in data and self.word:
                    self.word = b""
                    self.cuts += 1
                    _hang_up(client)  # first: the answer must not slip through
                    if self.moment == AFTER:
                        server.sendall(data)
                        server.shutdown(socket.SHUT_WR)
                    else:
                        _hang_up(server)
                    return
                server.sendall(data)
        _hang_up(server)


def _down(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while data := server.recv(CHUNK):
            client.sendall(data)
    _hang_up(client)
    _hang_up(server)


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
