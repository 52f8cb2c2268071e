"""The ASGI application, which the server calls with each request, and at its start and stop.

A request goes on in `faceweb.server.handler`. Start and stop are those of the response path.
"""

import gc
import os

import django
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
django.setup(set_prefix=False)

from faceweb.middleware.proxies import TrustedProxies  # noqa: E402
from faceweb.replies import response_path  # noqa: E402 - models need Django's start-up above
from faceweb.replies.stopping import before_stop, last_seconds  # noqa: E402
from faceweb.replies.threads import RequestThreads  # noqa: E402
from faceweb.server.bodies import Receive, Scope, Send  # noqa: E402
from faceweb.server.handler import HeadersFirst  # noqa: E402
from faceweb.watch.fleet_pages import watchers  # noqa: E402
from foundation import logs  # noqa: E402
from foundation.config import get_settings  # noqa: E402
from foundation.local_state.private_files import keep_private  # noqa: E402

_django = HeadersFirst()
_proxies = TrustedProxies.parsed(get_settings().trusted_proxies)
_threads = RequestThreads()
# Threads care for their connections after each piece of work (`faceweb.replies.threads`).
for _signal in (request_started, request_finished):
    _signal.disconnect(close_old_connections)
request_started.disconnect(reset_queries)
request_finished.disconnect(close_caches)  # the cache is memory, and has nothing open
request_finished.disconnect(reset_urlconf)  # each request sets its own


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Django speaks HTTP only; the server's start and stop are ours."""
    if scope["type"] == "http":
        with _threads.lent():
            await _django.handle(_proxies.seen_through(scope), receive, send)
    elif scope["type"] == "lifespan":
        await _live(receive, send)
    else:
        raise ValueError(f"Only HTTP is spoken here, not {scope['type']}.")


async def _live(receive: Receive, send: Send) -> None:
    """Run the response path from the server's start to its stop."""
    running = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            logs.configure(get_settings())
            keep_private(get_settings().var_dir)
            running = response_path.start(get_settings())
            before_stop(running.waiters.give_up, last_seconds())
            before_stop(watchers.close, 0.0)
            gc.freeze()  # what lives for ever is not looked through again: 7 % of the time
            gc.set_threshold(20_000, 20, 50)  # a burst makes much that lives for some ms: 8 %
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if running:
                await running.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
