"""The stored pictures of jobs: where they are, cut-outs of faces, thumbnails."""

import io
from collections.abc import Mapping, Sequence

from PIL import Image

from faceweb.models import Job, JobKind
from foundation.aws.storage import Bucket, gallery_bucket, in_bucket
from foundation.config import Settings
from recognition import images

THUMBNAIL_PIXELS = 160
FACE_PIXELS = 256
CUTOUT_FROM_PIXELS = 4_000_000
"""A larger picture is decoded at a fraction: a face of it is shown with 256 pixels at most."""

MARGIN = 0.35
"""Around a face's box, as a part of its size: the whole head, so that people recognise it."""

PRIVATE_FOLDERS: Mapping[str, str] = {
    JobKind.DETECT: "work/", JobKind.EMBED: "enrolment/", JobKind.VERIFY: "work/",
}  # fmt: skip
"""Where pictures lie that nobody else is to find by name, by the kinds of their jobs."""
OTHER = "-other"
"""What the key of a job's second picture has more than that of its first."""


def bucket_of(job: Job, settings: Settings) -> Bucket:
    """The in-bucket for pictures that came to be recognised; ours for all others."""
    return in_bucket(settings) if job.kind == JobKind.RECOGNISE else gallery_bucket(settings)


def thumbnail(content: bytes, pixels: int = THUMBNAIL_PIXELS) -> bytes:
    """A small upright JPEG of a picture that was taken. Raises PictureError."""
    image, _ = _opened(content, enough_pixels=(2 * pixels) ** 2)
    return _encoded(image, pixels)


def face_cutout(content: bytes, box: Sequence[float]) -> bytes:
    """The face in `box` (left, top, right, bottom; pixels of the upright picture) as a JPEG.

    Raises PictureError.
    """
    image, divided_by = _opened(content, enough_pixels=CUTOUT_FROM_PIXELS)
    left, top, right, bottom = (edge / divided_by for edge in box)
    x, y = (right - left) * MARGIN, (bottom - top) * MARGIN
    area = (
        int(max(left - x, 0)), int(max(top - y, 0)),
        int(min(right + x, image.width)), int(min(bottom + y, image.height)),
    )  # fmt: skip
    if area[2] - area[0] < 1 or area[3] - area[1] < 1:
        return _encoded(image, FACE_PIXELS)
    return _encoded(image.crop(area), FACE_PIXELS)


def _opened(content: bytes, enough_pixels: int) -> tuple[Image.Image, float]:
    """The picture, and by how much its sides were divided."""
    limits = images.PictureLimits(max_bytes=len(content))
    pixels, divided_by = images.decode(content, limits, enough_pixels=enough_pixels)
    return Image.fromarray(pixels), divided_by


def _encoded(image: Image.Image, pixels: int) -> bytes:
    image.thumbnail((pixels, pixels))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
