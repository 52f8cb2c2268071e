"""The Django admin: Django looks for it here; its rooms are in `faceweb.administration`."""

from __future__ import annotations

from faceweb.administration import access, dead_letters, jobs, people, videos, webhooks

__all__ = ["access", "dead_letters", "jobs", "people", "videos", "webhooks"]
