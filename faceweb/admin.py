"""The Django admin: Django looks for it here; its rooms are in `faceweb.administration`."""

from __future__ import annotations

from faceweb.administration import (
    access,
    collections,
    dead_letters,
    jobs,
    people,
    videos,
    webhooks,
)

__all__ = ["access", "collections", "dead_letters", "jobs", "people", "videos", "webhooks"]
