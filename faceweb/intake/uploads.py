"""What a client sent: exactly one picture that we are willing to take, or a refusal."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from faceweb.collections.limits import buckets_of_team
from faceweb.intake import pause
from faceweb.intake.names import safe_filename
from faceweb.intake.plain_form import only_file
from foundation.config import Settings
from recognition import images
from recognition.errors import NotAPicture, PictureError, PictureTooLarge, UnsupportedFormat

FIELD = "inputFile"
UNREADABLE_FORM = "The form could not be read: send multipart/form-data with few fields and files."
"""In place of Django's own sentences, which name its settings."""


class UploadRefused(Exception):
    """A picture that is refused: the HTTP status and one sentence for the client."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture that was checked: it decodes, and keeps the limits."""

    filename: str
    content: bytes
    content_type: str
    width: int
    height: int
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", hashlib.sha256(self.content).hexdigest())


def read_upload(request: HttpRequest, settings: Settings) -> Upload:
    """The one picture of a multipart form. Raises UploadRefused."""
    if plain := only_file(request, FIELD):
        refuse_while_paused()
        request.close()
        return checked_upload(*plain, settings)
    file = file_of_form(request, "picture", too_large_sentence(settings))
    (upload,) = uploaded_pictures(request, [file], settings)
    return upload


def file_of_form(request: HttpRequest, kind: str, too_large: str) -> UploadedFile:
    """The one file of a multipart form, which is to be of this kind. Raises UploadRefused."""
    try:
        files = request.FILES.getlist(FIELD)
    except RequestDataTooBig:
        raise UploadRefused(413, too_large) from None
    except (MultiPartParserError, SuspiciousOperation, BadRequest):
        raise UploadRefused(400, UNREADABLE_FORM) from None
    if not files:
        raise UploadRefused(400, f"Send a {kind} as the multipart field {FIELD}.")
    if len(files) > 1:
        raise UploadRefused(400, f"Send one {FIELD} at a time; {len(files)} came.")
    return files[0]


def uploaded_pictures(
    request: HttpRequest, files: Sequence[UploadedFile], settings: Settings
) -> list[Upload]:
    """Return the form's pictures and free the form, so that a waiting client holds no memory.

    Raises UploadRefused.
    """
    uploads = []
    for one in checked_uploads(request, files, settings):
        if isinstance(one, UploadRefused):
            raise one
        uploads.append(one)
    return uploads


def checked_uploads(
    request: HttpRequest, files: Sequence[UploadedFile], settings: Settings
) -> list[Upload | UploadRefused]:
    """Return each picture of a form, or why it is refused, and free the form. Raises UploadRefused
    while the intake is paused."""
    refuse_while_paused()
    found: list[Upload | UploadRefused] = []
    for file in files:
        try:
            check_bucket(request, getattr(file, "bucket", ""), settings)
            found.append(checked_upload(file.name or "", file.read(), settings))
        except UploadRefused as refusal:
            found.append(refusal)
    request.close()
    return found


def refuse_while_paused() -> None:
    """Raises UploadRefused while an operator has paused the intake."""
    if pause.is_paused():
        raise UploadRefused(503, pause.PAUSED)


def check_bucket(request: HttpRequest, bucket: str, settings: Settings) -> None:
    """A caller without a team may name the system's buckets, others those of their team. Raises
    UploadRefused."""
    if not bucket:
        return
    team = getattr(getattr(request, "auth", None), "team", None)
    if team is None:
        if bucket not in settings.allowed_picture_buckets:
            raise UploadRefused(422, f"The bucket {bucket} is not among PICTURE_BUCKETS.")
    elif bucket not in buckets_of_team(team):
        raise UploadRefused(422, f"The bucket {bucket} is not among your team's.")


def checked_upload(name: str, content: bytes, settings: Settings) -> Upload:
    """Check a picture by its content. Raises UploadRefused."""
    limits = images.PictureLimits(
        max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels
    )
    try:
        info = images.check(content, limits)
    except PictureError as error:
        raise UploadRefused(_status_of(error), str(error)) from None
    return Upload(
        filename=safe_filename(name),
        content=content,
        content_type=f"image/{info.format.lower()}",
        width=info.width,
        height=info.height,
    )


def too_large_sentence(settings: Settings) -> str:
    """The sentence that refuses a picture of too many bytes."""
    return f"The picture is larger than {settings.max_upload_mb:g} MiB."


def _status_of(error: PictureError) -> int:
    if isinstance(error, PictureTooLarge):
        return 413
    if isinstance(error, NotAPicture | UnsupportedFormat):
        return 415
    return 400
