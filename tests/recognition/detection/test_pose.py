"""Which way a head looks: a head that is turned by known angles is given back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from recognition.detection.pose import HEAD, Pose, pose_of


def turned(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float64]:
    """The rotation that tilts, turns and nods a head."""
    y, p, r = np.radians([yaw, pitch, roll])
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    tilt = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    rotation: npt.NDArray[np.float64] = nod @ turn @ tilt
    return rotation


@pytest.mark.parametrize("pixels_per_millimetre", [0.3, 5.0])
@pytest.mark.parametrize(
    "angles", [(0.0, 0.0, 0.0), (25.0, 0.0, 0.0), (0.0, -15.0, 0.0), (-40.0, 10.0, 30.0)]
)
def test_the_angles_of_a_turned_head_are_found(
    angles: tuple[float, float, float], pixels_per_millimetre: float
) -> None:
    seen = (HEAD @ turned(*angles).T)[:, :2] * pixels_per_millimetre + (200, 120)

    pose = pose_of(seen.tolist())

    yaw, pitch, roll = angles
    assert pose == Pose(yaw=yaw, pitch=pitch, roll=roll)


@pytest.mark.parametrize("landmarks", [[], [[1.0, 2.0]], [[5.0, 5.0]] * 5])
def test_landmarks_that_span_nothing_have_no_pose(landmarks: list[list[float]]) -> None:
    assert pose_of(landmarks) is None
