"""Keeps pages of other sites away from the emulator.

A browser on this machine reaches it, and it takes any keys. So a page that somebody reads could
read and change every picture and person here. moto would even allow that page to see the answers.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SENTENCE = b"The emulator answers programs, not browsers.\n"


class RefusePages:
    """WSGI middleware that answers 403 to what a browser sends, and to names of the internet."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if is_of_a_page(environ):
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [SENTENCE]
        return self._application(environ, start_response)


def is_of_a_page(environ: WSGIEnvironment) -> bool:
    """Whether a browser says whose page asks, or the host has a name that strangers can give to
    this machine (DNS rebinding)."""
    is_browser = "HTTP_ORIGIN" in environ or "HTTP_SEC_FETCH_SITE" in environ
    return is_browser or not _is_local(environ.get("HTTP_HOST", ""))


def _is_local(host: str) -> bool:
    """An IP address, or a name without a dot, such as `localhost` and those of containers."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if "." not in name and ":" not in name:
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
