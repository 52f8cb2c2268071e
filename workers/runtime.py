"""Keeps recognisers and galleries ready for a process, and for all processes forked from it."""

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import structlog

from foundation import messages
from foundation.aws.storage import gallery_files
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.detection.quality import QualityFilter
from recognition.errors import GalleryModelMismatch, RecognitionError
from recognition.gallery.gallery import Gallery, GalleryFiles, example_id
from recognition.images import PictureLimits
from recognition.recognizer import Recognizer
from recognition.registry.loading import load_recognizer
from recognition.registry.model_choice import choose_model
from recognition.types import Face, Recognition, looking_like
from recognition.video.merging import SeenFrame
from recognition.video.naming import named_frames
from workers.deciding import deciding_of
from workers.galleries import Galleries
from workers.instances.instance_life import EX_CONFIG

log = structlog.get_logger()


MOST_MODELS = 2
"""Models in memory at once: a gallery may be about to change to another, and collections may have
different ones."""


class Runtime:
    """The recognisers that the galleries in use ask for, and those galleries, kept up to date."""

    def __init__(
        self,
        settings: Settings,
        files_of: Callable[[str], GalleryFiles],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self.galleries = Galleries(
            files_of,
            settings.gallery_pack_directory,
            clock,
            settings.gallery_check_seconds,
            settings.worker_collections,
        )
        self._lock = threading.Lock()
        self._recognizers: OrderedDict[str, Recognizer] = OrderedDict()
        self._model: str | None = None

    def prepare(self) -> None:
        """Load gallery and model and warm them. Raises RecognitionError."""
        self._recognizer_for(self.galleries.get())

    def recognise(
        self,
        picture: bytes,
        options: messages.RecogniseOptions | None = None,
        collection: str = DEFAULT,
    ) -> Recognition:
        """Who is in the picture, by the collection's newest gallery. Raises RecognitionError."""
        gallery = self.galleries.get(collection)
        deciding = deciding_of(self._settings, options)
        return self._recognizer_for(gallery, collection).recognise(picture, gallery, deciding)

    def embed(
        self, picture: bytes, model: str | None = None, collection: str = DEFAULT
    ) -> Recognition:
        """The picture's faces without names, by the gallery's model or by the one that is named.

        Raises RecognitionError.
        """
        gallery = self.galleries.get(collection)
        recognizer = self._named(model) if model else self._recognizer_for(gallery, collection)
        return recognizer.embed(picture, self._settings.enrolment_quality)

    def embed_to_enrol(
        self,
        picture: bytes,
        collection: str = DEFAULT,
        options: messages.RecogniseOptions | None = None,
        quality: QualityFilter | None = None,
    ) -> Recognition:
        """The picture's faces without names, but with the people they are near to, by the gallery
        as it is this moment. Raises RecognitionError."""
        gallery = self.galleries.get(collection, at_once=True)
        recognizer = self._recognizer_for(gallery, collection)
        seen = recognizer.embed(picture, quality or self._settings.enrolment_quality)
        faces = recognizer.named(seen.faces, gallery, deciding_of(self._settings, options))
        return replace(seen, faces=_nobodys(faces))

    def search(
        self,
        person_id: str,
        example: str,
        collection: str,
        options: messages.RecogniseOptions | None = None,
    ) -> Recognition:
        """One face that looks as the example does, with the people it is near to. No face where
        the gallery has no such example (any more). Raises RecognitionError."""
        gallery = self.galleries.get(collection, at_once=True)
        recognizer = self._recognizer_for(gallery, collection)
        rows = gallery.examples[person_id] if gallery and person_id in gallery.people else ()
        looks = [row for row in rows if example_id(row) == example]
        faces = [looking_like(row) for row in looks[:1]]
        named = recognizer.named(faces, gallery, deciding_of(self._settings, options))
        return Recognition(faces=_nobodys(named), width=0, height=0, model=recognizer.model)

    def name_frames(
        self,
        frames: Sequence[SeenFrame],
        options: messages.RecogniseOptions | None = None,
        collection: str = DEFAULT,
    ) -> tuple[SeenFrame, ...]:
        """A video's frames, each face with the name of all the looks at that person together."""
        gallery = self.galleries.get(collection)
        return named_frames(frames, gallery, deciding_of(self._settings, options))

    def compare(self, first: Face, second: Face, collection: str = DEFAULT) -> Face:
        """The second face with its distance to the first, and named only if they are one person."""
        gallery = self.galleries.get(collection)
        return self._recognizer_for(gallery, collection).compare(first, second)

    def _recognizer_for(self, gallery: Gallery | None, collection: str = DEFAULT) -> Recognizer:
        return self._named(self._model_for(gallery, collection))

    def _named(self, model: str) -> Recognizer:
        """The recogniser of a model; the one that was used longest ago makes room for it."""
        with self._lock:
            if model not in self._recognizers:
                while len(self._recognizers) >= MOST_MODELS:
                    self._recognizers.popitem(last=False)
                self._recognizers[model] = self._load(model)
            self._recognizers.move_to_end(model)
            return self._recognizers[model]

    def _model_for(self, gallery: Gallery | None, collection: str) -> str:
        if gallery is not None and collection != DEFAULT:
            return gallery.model
        configured = self._settings.recognition_model
        if gallery is not None:
            if configured and configured != gallery.model:
                raise GalleryModelMismatch(
                    f"the gallery was made by {gallery.model}, but RECOGNITION_MODEL is "
                    f"{configured}: unset it, or enrol everybody again with {configured}"
                )
            self._model = gallery.model
        if self._model is None:
            self._model = choose_model(configured, self._settings.weights_directory, _announce)
        return self._model

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


def _nobodys(faces: Iterable[Face]) -> tuple[Face, ...]:
    """The faces without a name, but with the people they are near to."""
    return tuple(replace(face, identity=None, person_id=None) for face in faces)


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


def forget() -> None:
    """Have the next use load model and galleries again: the settings are others."""
    global _runtime
    _runtime = None


def current(settings: Settings) -> Runtime:
    """This process's runtime, made on first use; a forked process inherits its parent's."""
    global _runtime
    if _runtime is None:
        _runtime = Runtime(settings, partial(gallery_files, settings))
    return _runtime
