"""Endpoints that are plain functions run whole in a thread: each step waits for database or S3."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from ninja import Router

from faceweb.replies.threads import run_in_thread


class Endpoints(Router):
    """django-ninja's router. A coroutine stays in the event loop, for it waits for workers."""

    def add_api_operation(
        self, path: str, methods: list[str], view_func: Callable[..., object], **options: Any
    ) -> None:
        """Add an operation; a plain function is run in a thread."""
        view = view_func if inspect.iscoroutinefunction(view_func) else _in_thread(view_func)
        super().add_api_operation(path, methods, view, **options)


def _in_thread(endpoint: Callable[..., object]) -> Callable[..., object]:
    @wraps(endpoint)
    async def in_thread(*args: object, **kwargs: object) -> object:
        return await run_in_thread(endpoint, *args, **kwargs)

    # django-ninja would look for the types of the parameters in this file.
    in_thread.__signature__ = inspect.signature(endpoint, eval_str=True)  # type: ignore[attr-defined]
    return in_thread
