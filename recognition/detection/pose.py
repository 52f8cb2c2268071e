"""Which way a head looks, from five landmarks: a rigid head is fitted to them. Pure.

Source: DeMenthon and Davis, "Model-based object pose in 25 lines of code" (1995), its first step:
scaled orthographic projection, which is right for faces that are far away beside their depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HEAD = np.array(
    [
        [-31.5, -33.0, -29.0],  # left eye, as seen in the picture
        [31.5, -33.0, -29.0],
        [0.0, 0.0, 0.0],  # tip of the nose
        [-25.0, 34.0, -25.0],  # corner of the mouth
        [25.0, 34.0, -25.0],
    ]
)
"""A mean adult head in millimetres: right and down as in a picture, and towards the camera."""

CENTRED = HEAD - HEAD.mean(axis=0)
FITTED = np.linalg.pinv(CENTRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Angles in degrees. Yaw is over 0 where the face looks to the right of the picture, pitch
    where it looks up, roll where the head is tilted clockwise."""

    yaw: float
    pitch: float
    roll: float


def pose_of(landmarks: Sequence[Sequence[float]]) -> Pose | None:
    """The pose of a face; None without five landmarks that span something.

    Parameters:
        landmarks: (x, y) of left eye, right eye, nose, left and right corner of the mouth.
    """
    if len(landmarks) != len(HEAD):
        return None
    points = np.asarray(landmarks, np.float64)
    axes = FITTED @ (points - points.mean(axis=0))  # shape (3, 2): the picture's axes in the head
    u, sizes, vt = np.linalg.svd(axes, full_matrices=False)
    if sizes[-1] < 1e-9:
        return None
    right, down = (u @ vt).T
    return _angles(np.stack([right, down, np.cross(right, down)]))


def _angles(turn: npt.NDArray[np.float64]) -> Pose:
    """Angles of a rotation that turns the head about its neck, then nods, then tilts.

    The rows of `turn` are the picture's axes in the head's coordinates.
    """
    yaw, pitch, roll = (
        np.arcsin(np.clip(turn[0, 2], -1.0, 1.0)),
        np.arctan2(-turn[1, 2], turn[2, 2]),
        np.arctan2(-turn[0, 1], turn[0, 0]),
    )
    yaw, pitch, roll = (round(float(np.degrees(angle)), 1) + 0.0 for angle in (yaw, pitch, roll))
    return Pose(yaw=yaw, pitch=pitch, roll=roll)
