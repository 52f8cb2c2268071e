"""A face as CompreFace tells it. Pure."""

from collections.abc import Collection, Mapping, Sequence

from faceweb.models import Face, Job
from faceweb.people.faces.details import pose_json
from recognition.matching import distance_to, similarity
from recognition.registry.models import Model, model_named
from recognition.types import Embedding

CALCULATOR = "calculator"
LANDMARKS = "landmarks"
POSE = "pose"


def plugins_of(face_plugins: str) -> frozenset[str]:
    """The plugins that are asked for. Those that are not here are left out, as CompreFace does."""
    return frozenset(map(str.strip, face_plugins.split(",")))


def sure_of(faces: Sequence[Face], least_probability: float, limit: int) -> list[Face]:
    """The faces that the detector is sure of, the largest first; 0 is no limit."""
    sure = [face for face in faces if face.probability >= least_probability]
    sure.sort(key=lambda face: -face.area)
    return sure[:limit] if limit else sure


def face_json(
    face: Face, plugins: Collection[str], embedding: Sequence[float] | None
) -> dict[str, object]:
    """Box, and what the plugins add to it."""
    shown: dict[str, object] = {
        "box": {
            "probability": round(face.probability, 5),
            "x_max": round(face.right),
            "y_max": round(face.bottom),
            "x_min": round(face.left),
            "y_min": round(face.top),
        }
    }
    if CALCULATOR in plugins:
        shown["embedding"] = embedding or []
    if LANDMARKS in plugins:
        shown["landmarks"] = [[round(x), round(y)] for x, y in face.landmarks]
    if POSE in plugins and (pose := pose_json(face)) is not None:
        shown["pose"] = pose
    return shown


def subjects_json(face: Face, count: int) -> list[dict[str, object]]:
    """The nearest people, the most similar first."""
    return [
        {"subject": one.name, "similarity": round(one.similarity, 5)}
        for one in face.nearest[:count]
    ]


def pair_similarity(look: Embedding, other: Embedding, model: Model) -> float:
    """How alike two faces are, as two pictures are compared."""
    distance = distance_to(look, other[None], "nearest", model.length)
    return round(similarity(distance, model.pair_threshold), 5)


def times_json(job: Job, plugins: Collection[str]) -> dict[str, float]:
    """Milliseconds of detector and plugins."""
    took: Mapping[str, float] = job.stage_milliseconds
    times = {"detector": took.get("detect", 0.0), CALCULATOR: took.get("embed", 0.0)}
    free = {name: 0.0 for name in (LANDMARKS, POSE) if name in plugins}
    return times | free


def versions_json(job: Job, plugins: Collection[str]) -> dict[str, str]:
    """Which detector and which plugins looked at the picture."""
    detector = model_named(job.model).detector
    versions = {"detector": f"{detector}.FaceDetector", CALCULATOR: f"{job.model}.Calculator"}
    own = {LANDMARKS: f"{detector}.LandmarksDetector", POSE: f"{detector}.PoseEstimator"}
    return versions | {name: own[name] for name in own if name in plugins}
