"""The ASGI application: Django, the response path's life, and a limit on what is read."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
_django = get_asgi_application()

from faceweb import response_path  # noqa: E402 - models need Django's start-up above
from faceweb.body_limit import BodyLimit  # noqa: E402
from workers import logs  # noqa: E402
from workers.config import get_settings  # noqa: E402


async def _with_lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Django speaks HTTP only; the server's start and stop are ours."""
    if scope["type"] != "lifespan":
        await _django(scope, receive, send)
        return
    running = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            logs.configure(get_settings())
            running = response_path.start(get_settings())
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if running:
                await running.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


application = BodyLimit(_with_lifespan, get_settings())
