"""Structured logs: an event's name and its figures, as text for people or JSON for machines."""

import logging
import re
import sys
from contextlib import suppress
from typing import TextIO

import structlog

from foundation.config import Settings

QUIET = ("botocore", "boto3", "s3transfer", "kombu", "httpx", "asyncio",
         "celery.app.trace", "celery.worker.strategy")  # fmt: skip
"""Libraries that are heard from warnings on. Celery's trace would log every reply, and with it
the embeddings of people's faces; our own `job_done` line says what is needed."""

ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What a terminal obeys, or can't write."""


class _Lines:
    """Writes our lines, each at once. Without a lock, which a process that is forked could find
    taken for ever; and not by `logging`, which takes twice the time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Write a line. A disk that is full, or a reader that has gone, ends nobody's work."""
        with suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")
            self._stream.flush()

    debug = info = warning = error = exception = critical = write


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send all logs of this process to one stream (stderr) in one shape."""
    out = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        _harmless,
        _renderer(settings.log_format, out),
    ]
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=lambda *_: _Lines(out),
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of each retry and each spare connection; what failed at last is told by its caller.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _harmless(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Spell control characters out: a stranger's text would act on the terminal that shows it. In a
    library's sentence it would also begin a line of its own."""
    line["event"] = str(line["event"]).replace("\n", "\\n")
    for name, value in line.items():
        if isinstance(value, str) and ACTING.search(value):
            line[name] = ACTING.sub(lambda sign: sign[0].encode("unicode_escape").decode(), value)
    return line


def _renderer(log_format: str, stream: TextIO) -> structlog.typing.Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=stream.isatty())
