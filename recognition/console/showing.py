"""Results for people and for programs: tables and JSON. Pure functions."""

from dataclasses import asdict
from pathlib import Path

from recognition.types import Face, Recognition


def as_json(path: Path, seen: Recognition) -> dict[str, object]:
    """All that is known of a picture."""
    return {
        "picture": str(path),
        "answer": seen.answer,
        "width": seen.width,
        "height": seen.height,
        "model": seen.model,
        "milliseconds": {name: round(took, 2) for name, took in seen.stage_milliseconds.items()},
        "faces": [_face_json(face) for face in seen.faces],
    }


def _face_json(face: Face) -> dict[str, object]:
    box = face.detected.box
    return {
        "box": [round(edge, 2) for edge in (box.left, box.top, box.right, box.bottom)],
        "landmarks": [[round(x, 2), round(y, 2)] for x, y in face.detected.landmarks],
        "probability": round(face.detected.probability, 6),
        "identity": face.identity,
        "distance": face.distance,
        "similarity": face.similarity,
        "candidates": [
            {"name": one.name, "similarity": one.similarity, "distance": one.distance}
            for one in face.candidates
        ],
        "quality": asdict(face.quality) if face.quality else None,
        "left_out": face.left_out,
        "not_named": face.not_named,
    }


def as_table(path: Path, seen: Recognition) -> str:
    """The answer, and a line a face."""
    lines = [f"{path.name}:{seen.answer}"]
    for number, face in enumerate(seen.faces, start=1):
        box, quality = face.detected.box, face.quality
        name = face.identity or _why_nobody(face)
        distance = "" if face.distance is None else f" distance {face.distance:.3f}"
        alike = "" if face.similarity is None else f" similarity {face.similarity:.2f}"
        sharp = "" if quality is None else f" sharp {quality.sharpness:.3f}"
        turned = "" if quality is None else f" turned {quality.turned:.2f}"
        lines.append(
            f"{number:4}  {name:24} {box.width:4.0f}x{box.height:<4.0f} at "
            f"{box.left:5.0f},{box.top:<5.0f} p {face.detected.probability:.3f}"
            f"{sharp}{turned}{distance}{alike}"
        )
    return "\n".join(lines)


def _why_nobody(face: Face) -> str:
    """What stands in a name's place: the reason, or the person who comes nearest."""
    if face.left_out:
        return f"left out: {face.left_out}"
    if face.not_named:
        return f"unknown: {face.not_named}"
    if face.candidates:
        nearest = face.candidates[0]
        return f"unknown, perhaps {nearest.name}, {nearest.similarity:.0%}"
    return "unknown"
