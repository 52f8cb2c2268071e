"""Structured logs: an event's name and its figures, as text for people or JSON for machines."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

from foundation.config import Settings

QUIET = ("botocore", "boto3", "urllib3", "s3transfer", "kombu", "httpx", "asyncio",
         "celery.app.trace", "celery.worker.strategy")  # fmt: skip
"""Libraries that are heard from warnings on. Celery's trace would log every reply, and with it
the embeddings of people's faces; our own `job_done` line says what is needed."""


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send all logs of this process to one stream (stderr) in one shape."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _renderer(settings.log_format, stream or sys.stderr),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderer(log_format: str, stream: TextIO) -> structlog.typing.Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=stream.isatty())
