"""A limit on the memory that a block of code may take, held by the kernel.

The picture's header says how much memory a decoder needs. This is for headers that lie: an
allocation over the limit fails, which decoders report, instead of filling the machine.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

STATM = Path("/proc/self/statm")
DATA_PAGES = 5
"""The field of `statm` that RLIMIT_DATA counts, since Linux 4.7."""


@contextmanager
def at_most(more_bytes: int) -> Iterator[None]:
    """Let this process take no more than `more_bytes` of memory beyond what it has.

    Does nothing where the kernel has no such limit. All threads of the process are bound by it.
    """
    if resource is None or not STATM.exists():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(STATM.read_text().split()[DATA_PAGES]) * mmap.PAGESIZE + more_bytes
    if soft != resource.RLIM_INFINITY and soft <= wanted:
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
