"""What glibc's allocator should keep and give back. Elsewhere than on glibc nothing happens."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
KEPT_BYTES = 64 * 2**20
LARGE_BYTES = 32 * 2**20


def give_back_memory() -> None:
    """Return to the system what loading has freed.

    ONNX Runtime rearranges a net's weights and frees the original, which glibc keeps for later:
    127 of 230 MiB for InceptionResnetV1.
    """
    libc = _libc()
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def keep_working_memory() -> None:
    """Let a process keep up to 64 MiB that it frees, for the next picture.

    Otherwise each level of the pyramid is given back and faulted in again page by page, 7 % of
    the detector's time at 640x480.
    """
    libc = _libc()
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
