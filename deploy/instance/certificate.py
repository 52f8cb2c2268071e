"""For how long the certificate lasts that Caddy on this machine shows to clients."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime

HTTPS_PORT = 443
TIMEOUT_SECONDS = 5.0


def days_left(
    domain: str, now: datetime, port: int = HTTPS_PORT, trust: ssl.SSLContext | None = None
) -> float:
    """Days until it ends. 0 where clients get none that they can trust: no server, another name.

    Parameters:
        trust: the authorities that clients know; this machine's where it is None.
    """
    try:
        with (
            socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection,
            (trust or ssl.create_default_context()).wrap_socket(
                connection, server_hostname=domain
            ) as shown,
        ):
            ends = ssl.cert_time_to_seconds(str((shown.getpeercert() or {})["notAfter"]))
    except (OSError, ValueError):  # ssl's errors are OSErrors
        return 0.0
    return max((datetime.fromtimestamp(ends, UTC) - now).total_seconds() / 86400, 0.0)
