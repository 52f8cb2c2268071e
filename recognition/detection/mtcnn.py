"""MTCNN without torch: facenet-pytorch's cascade in numpy, over nets that something else runs.

Zhang et al., 2016 (arXiv 1604.02878). P-Net looks at every place of the picture at every scale,
R-Net looks again at what it proposes, O-Net decides and finds five landmarks. Thresholds, the
order of steps and their odd roundings are facenet-pytorch's; `tests/recognition/parity` measures
how near the results are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recognition.detection import boxes as geometry
from recognition.detection.boxes import Boxes, Scores
from recognition.detection.detector import MIN_FACE_SIZE, detected_face, reduced
from recognition.types import DetectedFace, RgbPicture

PYRAMID_FACTOR = 0.709
"""About half the area from one scale to the next."""

CELL = 12
"""P-Net's field of view, in pixels; its steps are 2 pixels."""
STRIDE = 2

PROPOSED, REFINED, DECIDED = 0.6, 0.7, 0.7
"""Least probability of a face after each net."""

REFINE_SIZE, DECIDE_SIZE = 24, 48
Cells = npt.NDArray[np.float32]
"""P-Net's view of a picture: shape (5, rows, columns), a face's logit and four offsets a cell."""

Offsets = npt.NDArray[np.float32]
"""How far each edge is to be moved, in sides of its box: shape (n, 4)."""

Bounds = npt.NDArray[np.int64]
"""Rectangles of a picture: shape (n, 4), (left, top, right, bottom) in whole pixels."""


Values = npt.NDArray[np.float32]
"""What R-Net and O-Net say of a rectangle: a face's logit, four offsets, and O-Net's ten numbers of
landmarks."""


class SeenPicture(Protocol):
    """One picture before the three nets."""

    def proposals(self, height: int, width: int) -> Cells:
        """P-Net over the picture at another size."""

    def refined(self, bounds: Bounds) -> Values:
        """R-Net for rectangles: shape (n, 5)."""

    def decided(self, bounds: Bounds) -> Values:
        """O-Net for rectangles: shape (n, 15)."""

    def greedy(self, ranked: Boxes, most: np.float32, over: geometry.Overlap) -> geometry.Rows:
        """Suppression's inner loop: see `recognition.detection.boxes.Greedy`."""


class CascadeNets(Protocol):
    """MTCNN's three nets, on whatever runs them."""

    def looking_at(self, picture: RgbPicture) -> SeenPicture:
        """Prepare a picture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidates:
    """Boxes that may be faces; shapes (n, 4) and (n,)."""

    boxes: Boxes
    scores: Scores

    def at(self, rows: npt.NDArray[np.int64]) -> _Candidates:
        return _Candidates(boxes=self.boxes[rows], scores=self.scores[rows])


class Mtcnn:
    """The cascade. One thread at a time may use it.

    Parameters:
        min_face_size: the smallest face that is looked for, in pixels.
        min_face_share: the same as a share of the picture's shorter side; the larger of the two
            counts. Each doubling of the smallest face halves the time, or better.
    """

    def __init__(
        self, nets: CascadeNets, min_face_size: int = MIN_FACE_SIZE, min_face_share: float = 0.0
    ) -> None:
        self._nets = nets
        self._min_face_size = min_face_size
        self._min_face_share = min_face_share

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        """All faces, largest box first. Boxes are in pixels of `picture`."""
        small, factor = reduced(picture)
        height, width = small.shape[:2]
        seen = self._nets.looking_at(small)
        candidates = _propose(seen, height, width, self._scales(height, width))
        candidates = _refine(seen, height, width, candidates)
        if not len(candidates.boxes):
            return ()
        boxes, scores, landmarks = _decide(seen, height, width, candidates)
        areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        return tuple(
            detected_face(boxes[row] * factor, float(scores[row]), landmarks[row] * factor)
            for row in np.argsort(areas)[::-1]
        )

    def _scales(self, height: int, width: int) -> list[float]:
        smallest = max(self._min_face_size, self._min_face_share * min(width, height))
        return pyramid_scales(width, height, smallest)


def _propose(seen: SeenPicture, height: int, width: int, scales: list[float]) -> _Candidates:
    """P-Net over the pyramid, duplicates gone within and between scales."""
    found = [_propose_at(seen, height, width, scale) for scale in scales]
    if not found:
        return _Candidates(boxes=np.zeros((0, 4), np.float32), scores=np.zeros(0, np.float32))
    cells, scores, offsets = (np.concatenate(parts) for parts in zip(*found, strict=True))
    rows = geometry.suppress(cells, scores, 0.7, seen.greedy)
    moved = geometry.moved(cells[rows], offsets[rows], pixel=0.0)
    return _Candidates(boxes=geometry.squares(moved), scores=scores[rows])


def _propose_at(
    seen: SeenPicture, height: int, width: int, scale: float
) -> tuple[Boxes, Scores, Offsets]:
    """One scale's cells that may hold a face: their boxes, probabilities and offsets."""
    cells = seen.proposals(int(height * scale + 1), int(width * scale + 1))
    rows, columns = np.nonzero(cells[0] >= LEAST_LOGIT)
    scores = sigmoid(cells[0, rows, columns])
    boxes = _cell_boxes(rows, columns, scale)
    kept = geometry.suppress(boxes, scores, 0.5, seen.greedy)
    return boxes[kept], scores[kept], cells[1:, rows[kept], columns[kept]].T


def _refine(seen: SeenPicture, height: int, width: int, candidates: _Candidates) -> _Candidates:
    kept, bounds = _within(candidates.boxes, height, width)
    if not len(kept):
        return candidates.at(kept)
    boxes, scores, values = _passed(candidates.boxes[kept], seen.refined(bounds), REFINED)
    rows = geometry.suppress(boxes, scores, 0.7, seen.greedy)
    moved = geometry.moved(boxes[rows], values[rows, :4], pixel=1.0)
    return _Candidates(boxes=geometry.squares(moved), scores=scores[rows])


def _decide(
    seen: SeenPicture, height: int, width: int, candidates: _Candidates
) -> tuple[Boxes, Scores, npt.NDArray[np.float32]]:
    """O-Net: final boxes (n, 4), probabilities (n,) and landmarks (n, 5, 2)."""
    kept, bounds = _within(candidates.boxes, height, width)
    boxes, scores, values = _passed(candidates.boxes[kept], seen.decided(bounds), DECIDED)
    landmarks = _landmarks(boxes, values[:, 4:])
    boxes = geometry.moved(boxes, values[:, :4], pixel=1.0)
    rows = geometry.suppress_by_smaller(boxes, scores, 0.7, seen.greedy)
    return boxes[rows], scores[rows], landmarks[rows]


def _passed(boxes: Boxes, values: Values, least: float) -> tuple[Boxes, Scores, Values]:
    """The boxes that are faces, their probabilities, and the values behind the logit."""
    scores = sigmoid(values[:, 0])
    passed = scores > least
    return boxes[passed], scores[passed], values[passed, 1:]


def sigmoid(logits: npt.NDArray[np.float32]) -> Scores:
    """Probabilities of logits."""
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), np.float32)


LEAST_LOGIT = float(np.log(PROPOSED / (1.0 - PROPOSED)))


def pyramid_scales(width: int, height: int, min_face_size: float) -> list[float]:
    """The scales at which a face of `min_face_size` and larger ones fill one cell."""
    scale = CELL / min_face_size
    shorter = min(width, height) * scale
    scales = []
    while shorter >= CELL:
        scales.append(scale)
        scale *= PYRAMID_FACTOR
        shorter *= PYRAMID_FACTOR
    return scales


def _cell_boxes(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], scale: float) -> Boxes:
    """What P-Net's cells saw, in the picture's pixels."""
    corner = (STRIDE * np.stack([columns, rows], axis=1)).astype(np.float32)
    top_left = np.floor((corner + np.float32(1)) / np.float32(scale))
    bottom_right = np.floor((corner + np.float32(CELL)) / np.float32(scale))
    return np.concatenate([top_left, bottom_right], axis=1)


def _within(boxes: Boxes, height: int, width: int) -> tuple[npt.NDArray[np.int64], Bounds]:
    """The boxes as rectangles within the picture: which rows have any content, and it.

    A box that lies outside of the picture has none; the reference fails over such a one.
    """
    bounds = geometry.pixel_bounds(boxes, width, height)
    kept = np.flatnonzero((bounds[:, 2] > bounds[:, 0]) & (bounds[:, 3] > bounds[:, 1]))
    return kept, bounds[kept]


def _landmarks(boxes: Boxes, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """O-Net's points, which count in sides of the box, in the picture's pixels: (n, 5, 2)."""
    sides = boxes[:, 2:] - boxes[:, :2] + np.float32(1)
    relative = np.stack([points[:, :5], points[:, 5:]], axis=2)
    return np.asarray(relative * sides[:, None] + boxes[:, None, :2] - np.float32(1), np.float32)
