"""The ASGI application: Django, the response path's life, a limit on what is read, and threads
that requests share."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
_django = get_asgi_application()

from faceweb import response_path  # noqa: E402 - models need Django's start-up above
from faceweb.http.body_limit import BodyLimit  # noqa: E402
from faceweb.short_way import ShortWay, is_short  # noqa: E402
from faceweb.threads import RequestThreads  # noqa: E402
from workers import logs  # noqa: E402
from workers.config import get_settings  # noqa: E402
from workers.private_files import keep_private  # noqa: E402

_short_way = ShortWay()
_threads = RequestThreads()
# The end of the thread's last request has done the same; here it would be a hop there and back.
request_started.disconnect(close_old_connections)
request_started.disconnect(reset_queries)


async def _with_lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Django speaks HTTP only; the server's start and stop are ours."""
    if scope["type"] == "http":
        with _threads.lent():
            handler = _short_way if is_short(scope) else _django
            await handler.handle(scope, receive, send)
        return
    if scope["type"] != "lifespan":
        raise ValueError(f"Only HTTP is spoken here, not {scope['type']}.")
    running = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            logs.configure(get_settings())
            keep_private(get_settings().var_dir)
            running = response_path.start(get_settings())
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if running:
                await running.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


application = BodyLimit(_with_lifespan, get_settings())
