"""Faces and similarities in Rekognition's shapes. Pure."""

from faceweb.models import Face, IndexedFace, Job
from recognition.detection.pose import pose_of

DEFAULT_MATCH = 80.0
"""Rekognition's default of FaceMatchThreshold."""
LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
SHARPEST = 100.0


def percent(similarity: float) -> float:
    """Our similarity (0 to 1) in Rekognition's percent. The threshold in force, 0.5, is 80 %: so
    who leaves out FaceMatchThreshold gets those who would have got the name."""
    if similarity < 0.5:
        return round(similarity * 2 * DEFAULT_MATCH, 4)
    return round(DEFAULT_MATCH + (similarity - 0.5) * 2 * (100.0 - DEFAULT_MATCH), 4)


def box_json(face: Face, job: Job) -> dict[str, float]:
    """The box as shares of the picture's sides."""
    width, height = max(job.width, 1), max(job.height, 1)
    return {
        "Width": face.width / width,
        "Height": face.height / height,
        "Left": face.left / width,
        "Top": face.top / height,
    }


def detail_json(face: Face, job: Job) -> dict[str, object]:
    """A FaceDetail: where the face is, how sure that is, its landmarks, its pose and quality."""
    width, height = max(job.width, 1), max(job.height, 1)
    found: dict[str, object] = {
        "BoundingBox": box_json(face, job),
        "Confidence": round(face.probability * 100, 4),
        "Landmarks": [
            {"Type": kind, "X": x / width, "Y": y / height}
            for kind, (x, y) in zip(LANDMARKS, face.landmarks, strict=False)
        ],
    }
    if pose := pose_of(face.landmarks):
        found["Pose"] = {"Yaw": pose.yaw, "Pitch": pose.pitch, "Roll": pose.roll}
    if face.sharpness is not None:
        found["Quality"] = {"Sharpness": min(face.sharpness, SHARPEST)}
    return found


def indexed_json(face: IndexedFace, user: str | None = None) -> dict[str, object]:
    """A Face of a collection; `user` is whose it is, if anybody said."""
    found: dict[str, object] = {
        "FaceId": face.face_id,
        "BoundingBox": {
            "Width": face.width,
            "Height": face.height,
            "Left": face.left,
            "Top": face.top,
        },
        "ImageId": face.image_id,
        "Confidence": face.confidence,
    }
    if face.external_image_id:
        found["ExternalImageId"] = face.external_image_id
    if user:
        found["UserId"] = user
    return found
