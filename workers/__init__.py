"""App tier: the Celery app, its tasks, the SQS response backend and S3 storage."""

import os

# A worker has a process for each core. numpy's BLAS, which would start a thread for each core in
# every one of them, reads this when it is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def __getattr__(name: str) -> object:
    """`celery -A workers` looks for `app` here; nothing else of this package should load Celery."""
    if name in ("app", "celery"):
        from workers.app import app

        return app
    raise AttributeError(name)
