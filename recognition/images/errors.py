"""What decoders raise over hostile bytes becomes an error with a sentence for people."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from recognition.errors import PictureError, PictureTooLarge, TruncatedPicture


@contextmanager
def for_people() -> Iterator[None]:
    """Turn whatever is raised into a PictureError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except MemoryError:
        raise PictureTooLarge(
            "The picture needs more memory to be decoded than is allowed. Send it smaller."
        ) from None
    except Exception:  # noqa: BLE001 - decoders raise nearly anything
        raise TruncatedPicture("The picture is damaged or cut short.") from None
