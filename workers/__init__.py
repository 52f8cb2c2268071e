"""App tier: the Celery app, its tasks, the SQS response backend and S3 storage."""

from typing import Any


def __getattr__(name: str) -> Any:
    """`celery -A workers` looks for `app` here; nothing else of this package should load Celery."""
    if name in ("app", "celery"):
        from workers.app import app

        return app
    raise AttributeError(name)
