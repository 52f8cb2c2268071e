"""How much may be sent to which address."""

from __future__ import annotations

from dataclasses import dataclass

from faceweb.intake import uploads
from faceweb.videos import uploads as videos
from foundation.config import Settings

FORM_OVERHEAD_BYTES = 64 * 1024
STRANGERS_FORM_BYTES = 64 * 1024
REKOGNITION = ("/rekognition", "/rekognition/")
SEVERAL_PICTURES = (
    "/api/v1/recognise/batch", "/api/v1/verify", "/api/v1/verification/verify", *REKOGNITION,
)  # fmt: skip
EXAMPLES = "/examples/batch"
VIDEO = ("/videos", "/api/v1/videos")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The largest body that is accepted, and the sentence for the client of a larger one."""

    most_bytes: int
    sentence: str

    @classmethod
    def of_a_stranger(cls) -> Room:
        """The room for a caller who is not known: a small form."""
        return cls(most_bytes=STRANGERS_FORM_BYTES, sentence="The form is too large. Log in first.")


def room_of(path: str, settings: Settings, *, is_json: bool = False) -> Room:
    """Some addresses take several pictures at once, and some a video. In JSON they are base64."""
    if path in VIDEO:
        most, sentence = settings.max_video_bytes, videos.too_large_sentence(settings)
    elif path in SEVERAL_PICTURES or path.endswith(EXAMPLES):
        most = settings.max_batch_bytes
        sentence = f"The pictures are larger than {most / 2**20:g} MiB together."
    else:
        most, sentence = settings.max_upload_bytes, uploads.too_large_sentence(settings)
    most = most * 4 // 3 if is_json else most
    return Room(most_bytes=most + FORM_OVERHEAD_BYTES, sentence=sentence)
