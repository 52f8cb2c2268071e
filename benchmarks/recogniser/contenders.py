"""Who runs in the benchmark: how each names the faces of a picture, in a separate process."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recogniser.opencv import load_opencv
from benchmarks.recogniser.stages import Recognise, decoded, in_stages, nearest
from recognition.gallery.gallery import FolderFiles, Gallery
from recognition.gallery.gallery_changes import add_examples
from recognition.recognizer import Recognizer
from recognition.registry.loading import load_recognizer
from recognition.types import RgbPicture

KNOWN_PEOPLE = 100
REID = "reid"
"""How the kinds of contenders begin that need a file which the user names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A way to recognise, and how it is spread over the cores."""

    name: str
    kind: str
    processes: int
    threads: int
    about: str


OF_ONE_THREAD = (
    ("dlib", "dlib", "dlib alone: its HOG detector and its own ResNet"),
    ("ours", "ours", "the same nets and crops as the reference, float32"),
    ("ours int8", "ours-int8", "the embedder in 8-bit integers (opt-in)"),
    ("ours dlib", "ours-dlib", "MTCNN and dlib's ResNet, float32"),
    ("ours sface", "ours-sface", "YuNet and SFace, float32"),
    ("ours reid", "reid-mtcnn", "MTCNN and reid-0095, float32"),
    ("ours reid yunet", "reid-yunet", "YuNet and reid-0095, float32"),
    ("opencv", "opencv", "OpenCV's YuNet and SFace, float32"),
)
"""Name, kind, and what it is of those that run as a process of one thread on each core."""


def contenders(cores: int) -> list[Contender]:
    """All of them. The reference comes in each split of processes and threads; its best counts."""
    splits = {(cores, 1), (1, cores)}
    reference = [
        Contender(
            name=f"reference {processes}x{threads}",
            kind="reference",
            processes=processes,
            threads=threads,
            about=f"facenet-pytorch, eager torch; {processes} process(es) of {threads} thread(s)",
        )
        for processes, threads in sorted(splits, reverse=True)
    ]
    alone = [
        Contender(name=name, kind=kind, processes=cores, threads=1, about=about)
        for name, kind, about in OF_ONE_THREAD
    ]
    return [*reference, *alone]


def load(kind: str, model: str, weights_dir: Path, threads: int, min_face_size: int) -> Recognise:
    """Load a contender, ready for its first picture. Raises ModelError."""
    if kind == "dlib":
        return _dlib_alone()
    if kind == "opencv":
        return load_opencv(weights_dir, gallery_of_strangers("sface", 128).matrix)
    recognizer = _recognizer(kind, model, weights_dir, threads, min_face_size)
    recognizer.warm()
    gallery = gallery_of_strangers(recognizer.model, recognizer.dimension)
    return lambda data: dict(recognizer.recognise(data, gallery).stage_milliseconds)


def _recognizer(
    kind: str, model: str, weights_dir: Path, threads: int, min_face_size: int
) -> Recognizer:
    if kind == "reference":
        from benchmarks.recogniser.reference import reference_recognizer

        return reference_recognizer(model, weights_dir, threads, min_face_size)
    if kind.startswith(REID):
        from recognition.registry.own_models import know_own_models

        know_own_models(weights_dir)
        model = kind
    return load_recognizer(
        {"ours-dlib": "dlib", "ours-sface": "sface"}.get(kind, model),
        weights_dir,
        precision="int8" if kind == "ours-int8" else "float32",
        min_face_size=min_face_size,
    )


def gallery_of_strangers(model: str, dimension: int) -> Gallery:
    """A gallery in memory whose people nobody looks like."""
    vectors = np.random.default_rng(0).standard_normal((KNOWN_PEOPLE, dimension))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    people = {f"stranger {number}": [vector] for number, vector in enumerate(unit)}
    with tempfile.TemporaryDirectory() as folder:
        gallery = add_examples(FolderFiles(Path(folder)), model, people)
        return replace(gallery, examples=dict(gallery.examples))


def _dlib_alone() -> Recognise:
    """As the package face_recognition uses dlib: HOG on the doubled picture, five landmarks."""
    import dlib

    from recognition.registry.models import DLIB_LANDMARKS_FILE, MODELS
    from recognition.weights.finding import find_files

    files = (*MODELS["dlib"].files, DLIB_LANDMARKS_FILE)
    net_file, landmarks_file = find_files(files, Path(), print)
    detector: Any = dlib.get_frontal_face_detector()
    landmarks = dlib.shape_predictor(str(landmarks_file))
    net = dlib.face_recognition_model_v1(str(net_file))
    strangers = gallery_of_strangers("dlib", 128).matrix

    def detect(picture: RgbPicture) -> tuple[RgbPicture, Any]:
        return picture, detector(picture, 1)

    def cut(found: tuple[RgbPicture, Any]) -> list[Any]:
        picture, boxes = found
        return [dlib.get_face_chip(picture, landmarks(picture, box)) for box in boxes]

    def embed(chips: list[Any]) -> list[np.ndarray]:
        return [np.array(net.compute_face_descriptor(chip)) for chip in chips]

    return in_stages(decoded, detect, cut, embed, partial(nearest, strangers))
