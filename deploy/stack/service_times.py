"""What one picture takes of each part. `manage.py capacity` builds on these figures.

They were measured on one core of a Xeon (Sapphire Rapids, as c7i has it) in December 2026, each
with the command beside it. Pictures are of 100 KB, and those of the system's benchmark of 250x250.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Milliseconds a picture, and the command that measures it again."""

    value: float
    of: str
    command: str


ROWS = "DATABASE_URL=... python -m benchmarks.web.database"
SYSTEM = "manage.py benchmark system"

WEB = Measured(value=2.3, of="the web process", command="manage.py benchmark web")
WEB_BY_S3 = Measured(
    value=1.0, of="the web process, sent to S3", command="manage.py benchmark web --by-s3"
)
SQLITE = Measured(value=0.34, of="SQLite's one writer", command="python -m benchmarks.web.database")
POSTGRESQL = Measured(value=0.2, of="PostgreSQL", command=ROWS)
RECOGNISER_ALONE = Measured(value=20.1, of="the recogniser, alone", command=SYSTEM)
RECOGNISER = Measured(value=21.3, of="the recogniser, in a worker", command=SYSTEM)
WORKER = Measured(value=2.5, of="the worker outside of it", command=SYSTEM)
EMULATOR = Measured(value=5.7, of="the emulator (not on AWS)", command=SYSTEM)
CLIENTS = Measured(value=0.5, of="the benchmark's clients (not on AWS)", command=SYSTEM)

KILOBYTES = 100.0
PUTS, GETS = 2.0, 1.0
"""S3's requests: the picture and its answer. Sent to S3 it is copied too: one PUT more."""
SQS_REQUESTS = 6.0
"""Send, receive and delete on two queues. Under load up to ten messages share a request."""
