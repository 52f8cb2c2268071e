"""One warm recogniser and one gallery for a process and all the processes forked from it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from foundation import messages
from foundation.config import Settings
from foundation.storage import S3GalleryFiles, gallery_files
from recognition.errors import GalleryModelMismatch, RecognitionError
from recognition.gallery.gallery import Gallery
from recognition.gallery.pack.gallery_pack import GalleryPack
from recognition.images import PictureLimits
from recognition.recognizer import Recognizer
from recognition.registry.loading import load_recognizer
from recognition.registry.model_choice import choose_model
from recognition.types import Face, Recognition
from recognition.video.merging import SeenFrame
from recognition.video.naming import named_frames
from workers.deciding import deciding_of
from workers.instance_life import EX_CONFIG

log = structlog.get_logger()


class Runtime:
    """The recogniser that the gallery asks for, and the gallery, kept up to date."""

    def __init__(
        self,
        settings: Settings,
        files: S3GalleryFiles,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._files = files
        self._clock = clock
        self._pack = GalleryPack(settings.gallery_pack_directory)
        self._lock = threading.Lock()
        self._checked_at: float | None = None
        self._version: str | None = None
        self._gallery: Gallery | None = None
        self._recognizer: Recognizer | None = None
        self._other: Recognizer | None = None

    def prepare(self) -> None:
        """Load gallery and model and warm them. Raises RecognitionError."""
        self._recognizer_for(self._current_gallery())

    def recognise(
        self, picture: bytes, options: messages.RecogniseOptions | None = None
    ) -> Recognition:
        """Who is in the picture, by the newest gallery. Raises RecognitionError."""
        gallery = self._current_gallery()
        deciding = deciding_of(self._settings, options)
        return self._recognizer_for(gallery).recognise(picture, gallery, deciding)

    def embed(self, picture: bytes, model: str | None = None) -> Recognition:
        """The picture's faces without names, by the gallery's model or by the one that is named.

        Raises RecognitionError.
        """
        gallery = self._current_gallery()
        recognizer = self._other_model(model) if model else self._recognizer_for(gallery)
        return recognizer.embed(picture, self._settings.enrolment_quality)

    def embed_to_enrol(self, picture: bytes) -> Recognition:
        """The picture's faces without names, but with the people they are near to, by the gallery
        as it is this moment. Raises RecognitionError."""
        self._checked_at = None  # an example that was added just now is to be seen
        gallery = self._current_gallery()
        recognizer = self._recognizer_for(gallery)
        seen = recognizer.embed(picture, self._settings.enrolment_quality)
        faces = recognizer.named(seen.faces, gallery)
        return replace(
            seen, faces=tuple(replace(face, identity=None, person_id=None) for face in faces)
        )

    def name_frames(self, frames: Sequence[SeenFrame]) -> tuple[SeenFrame, ...]:
        """A video's frames, each face with the name of all the looks at that person together."""
        gallery = self._current_gallery()
        return named_frames(frames, gallery, deciding_of(self._settings, None))

    def compare(self, first: Face, second: Face) -> Face:
        """The second face with its distance to the first, and named only if they are one person."""
        return self._recognizer_for(self._current_gallery()).compare(first, second)

    def _current_gallery(self) -> Gallery | None:
        now = self._clock()
        due = (
            self._gallery is None  # the first person is to be known at once
            or self._checked_at is None
            or now - self._checked_at >= self._settings.gallery_check_seconds
        )
        if due:
            self._refresh()
            self._checked_at = now
        return self._gallery

    def _refresh(self) -> None:
        version = self._files.version()
        if version == self._version:
            return
        self._gallery = None if version is None else self._pack.gallery(self._files)
        self._version = version
        people = len(self._gallery.people) if self._gallery else 0
        log.info("gallery_loaded", version=version, people=people)

    def _recognizer_for(self, gallery: Gallery | None) -> Recognizer:
        with self._lock:
            model = self._model_for(gallery)
            if self._other is not None and self._other.model == model:
                self._recognizer, self._other = self._other, None
            if self._recognizer is None or self._recognizer.model != model:
                self._recognizer = self._load(model)
            return self._recognizer

    def _other_model(self, model: str) -> Recognizer:
        """A model beside the gallery's: the gallery may be about to change to it."""
        with self._lock:
            if self._recognizer is not None and self._recognizer.model == model:
                return self._recognizer
            if self._other is None or self._other.model != model:
                self._other = self._load(model)
            return self._other

    def _model_for(self, gallery: Gallery | None) -> str:
        configured = self._settings.recognition_model
        if gallery is not None:
            if configured and configured != gallery.model:
                raise GalleryModelMismatch(
                    f"the gallery was made by {gallery.model}, but RECOGNITION_MODEL is "
                    f"{configured}: unset it, or enrol everybody again with {configured}"
                )
            return gallery.model
        if self._recognizer is not None:
            return self._recognizer.model
        return choose_model(configured, self._settings.weights_directory, _announce)

    def _load(self, model: str) -> Recognizer:
        began = time.monotonic()
        log.info("model_loading", model=model)
        settings = self._settings
        recognizer = load_recognizer(
            model,
            settings.weights_directory,
            runtime=settings.recognition_runtime,
            precision=settings.recognition_precision,
            min_face_size=settings.recognition_min_face_size,
            min_face_share=settings.recognition_min_face_share,
            quality=settings.recognition_quality,
            tries_turned=settings.try_turned,
            deciding=deciding_of(settings),
            limits=PictureLimits(
                max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels
            ),
            announce=_announce,
        )
        recognizer.warm()
        log.info("model_ready", model=model, seconds=round(time.monotonic() - began, 2))
        return recognizer


def _announce(line: str) -> None:
    log.info("recogniser", note=line)


_runtime: Runtime | None = None


def prepare(settings: Settings) -> None:
    """Make this process ready for pictures, or end it with one line that says why not."""
    try:
        current(settings).prepare()
    except RecognitionError as error:
        print(f"The worker can't start: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(EX_CONFIG) from None


def current(settings: Settings) -> Runtime:
    """This process's runtime, made on first use; a forked process inherits its parent's."""
    global _runtime
    if _runtime is None:
        _runtime = Runtime(settings, gallery_files(settings))
    return _runtime
