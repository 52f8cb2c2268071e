"""What a client sent as a video: exactly one that we are willing to take, or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from faceweb.intake.names import safe_filename
from faceweb.intake.uploads import UploadRefused, file_of_form, refuse_while_paused
from foundation.config import Settings
from recognition.video.plan import MAX_FRAMES, FramePlan

DEFAULT_FRAMES = 10
MAX_INTERVAL_SECONDS = 86_400.0

SIGNATURES = (
    (4, b"ftyp"),  # MP4, MOV, 3GP
    (4, b"moov"),  # MOV of an older kind
    (4, b"mdat"),
    (4, b"wide"),
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska, WebM
    (0, b"RIFF"),  # AVI
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"\x00\x00\x01\xb3"),  # MPEG video
    (0, b"\x47"),  # MPEG transport stream
    (0, b"FLV"),
    (0, b"OggS"),
    (0, b"\x30\x26\xb2\x75"),  # ASF, WMV
    (0, b"\x06\x0e\x2b\x34"),  # MXF
)
HEAD_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoUpload:
    """A video that looks like one: whether it can be read is found out when it is split."""

    filename: str
    file: UploadedFile
    size_bytes: int
    plan: FramePlan


def read_video(request: HttpRequest, settings: Settings) -> VideoUpload:
    """The one video of a multipart form, and which frames are wanted. Raises UploadRefused."""
    refuse_while_paused()
    file = file_of_form(request, "video", too_large_sentence(settings))
    plan = plan_of(
        _number(request.POST, "frames", MAX_FRAMES),
        _number(request.POST, "interval_seconds", MAX_INTERVAL_SECONDS),
        settings,
    )
    return checked_video(file, plan, settings)


def checked_video(file: UploadedFile, plan: FramePlan, settings: Settings) -> VideoUpload:
    """Check a video by its size and its first bytes. Raises UploadRefused."""
    size = file.size or 0
    if size > settings.max_video_bytes:
        raise UploadRefused(413, too_large_sentence(settings))
    if size == 0:
        raise UploadRefused(400, "The file is empty.")
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not looks_like_video(head):
        raise UploadRefused(
            415, "The file is not a video of a kind that is taken: MP4, MOV, WebM, MKV, AVI, MPEG."
        )
    return VideoUpload(
        filename=safe_filename(file.name or ""), file=file, size_bytes=size, plan=plan
    )


def looks_like_video(head: bytes) -> bool:
    """Whether a file begins as one of the containers that are taken."""
    return any(head[start:].startswith(mark) for start, mark in SIGNATURES)


def plan_of(frames: float | None, interval_seconds: float | None, settings: Settings) -> FramePlan:
    """The frames that were asked for; else as configured; else a number, spread evenly."""
    if frames is None and interval_seconds is None:
        frames, interval_seconds = settings.frames_per_video, settings.frame_interval_seconds
    if frames is None and interval_seconds is None:
        frames = DEFAULT_FRAMES
    return FramePlan(frames=int(frames) if frames else None, interval_seconds=interval_seconds)


def _number(form: Mapping[str, str], name: str, most: float) -> float | None:
    """Raises UploadRefused for what is no number above zero."""
    text = form.get(name, "")
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    least = 1.0 if name == "frames" else 0.001
    if not least <= value <= most:
        raise UploadRefused(400, f"{name} is a number from {least:g} to {most:g}, not {text!r}.")
    return value


def too_large_sentence(settings: Settings) -> str:
    """The sentence that refuses a video of too many bytes."""
    return f"The video is larger than {settings.max_video_mb:g} MiB."
