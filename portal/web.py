"""How the web server serves: whoever sends slowly, or does not hang up, keeps a thread of its own waiting and nobody else."""

import socket
import struct
from typing import Any

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn, ThreadWorker

PIECE = 10  # seconds until the next piece of a request


class Worker(ThreadWorker):
    """Gunicorn's worker with threads, which by itself waits for a begun request for ever."""

    def handle(self, conn: TConn) -> Any:
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PIECE, 0))
        goes_on = super().handle(conn)
        if goes_on is False:
            hang_up(conn)
        return goes_on


def hang_up(conn: TConn) -> None:
    """Wait some moments, here, until the other side hangs up as well.

    The loop that takes all connections would do it too, and everybody with it: it gets one that has ended.
    """
    line = conn.sock
    conn.sock, other = socket.socketpair()
    other.close()
    close_graceful(line)
