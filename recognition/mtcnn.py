"""MTCNN without torch: facenet-pytorch's cascade in numpy, its nets on ONNX Runtime.

Zhang et al., 2016 (arXiv 1604.02878). P-Net looks at every place of the picture at every scale,
R-Net looks again at what it proposes, O-Net decides and finds five landmarks. Thresholds, the
order of steps and their odd roundings are facenet-pytorch's; `tests/recognition/parity` measures
how near the results are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition import boxes as geometry
from recognition.area_resize import Planes, planes_of, resize, resize_whole
from recognition.boxes import Boxes, Scores
from recognition.detection import MIN_FACE_SIZE, reduced
from recognition.onnx_net import OnnxNet
from recognition.types import Box, DetectedFace, RgbPicture

PYRAMID_FACTOR = 0.709
"""About half the area from one scale to the next."""

CELL = 12
"""P-Net's field of view, in pixels; its steps are 2 pixels."""
STRIDE = 2

PROPOSED, REFINED, DECIDED = 0.6, 0.7, 0.7
"""Least probability of a face after each net."""

REFINE_SIZE, DECIDE_SIZE = 24, 48
STRIP_PIXELS = 20_000
"""P-Net sees so much of a level at once. Its first layer's values are 1.3 MB then, and stay in the
processor's cache: 12 % faster than whole levels at 640x480."""

REFINE_AT_ONCE, DECIDE_AT_ONCE = 16, 4
"""Crops that go through a net together: 1.5 MB of a layer's values, which stay in the processor's
cache. That is 8 % faster than all at once, and bounds the memory for a picture of noise, which
proposes thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MtcnnNets:
    """The three nets. P-Net gives a logit and four offsets a cell; R-Net offsets and
    probabilities; O-Net offsets, landmarks and probabilities."""

    proposal: OnnxNet
    refinement: OnnxNet
    decision: OnnxNet

    @classmethod
    def load(cls, weights_dir: Path, threads: int = 1) -> MtcnnNets:
        """Load the exported nets. Raises ModelError."""
        return cls(
            proposal=OnnxNet("mtcnn-p", weights_dir, threads),
            refinement=OnnxNet("mtcnn-r", weights_dir, threads),
            decision=OnnxNet("mtcnn-o", weights_dir, threads),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidates:
    """Boxes that may be faces; shapes (n, 4) and (n,)."""

    boxes: Boxes
    scores: Scores

    def at(self, rows: npt.NDArray[np.int64]) -> _Candidates:
        return _Candidates(boxes=self.boxes[rows], scores=self.scores[rows])


class OnnxMtcnn:
    """The cascade. One thread at a time may use it.

    Parameters:
        min_face_size: the smallest face that is looked for, in pixels.
        min_face_share: the same as a share of the picture's shorter side; the larger of the two
            counts. Each doubling of the smallest face halves the time, or better.
    """

    def __init__(
        self, nets: MtcnnNets, min_face_size: int = MIN_FACE_SIZE, min_face_share: float = 0.0
    ) -> None:
        self._nets = nets
        self._min_face_size = min_face_size
        self._min_face_share = min_face_share

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        small, factor = reduced(picture)
        planes = planes_of(small)
        candidates = self._refine(planes, self._propose(planes))
        if not len(candidates.boxes):
            return ()
        boxes, scores, landmarks = self._decide(planes, candidates)
        areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        return tuple(
            _face(boxes[row] * factor, float(scores[row]), landmarks[row] * factor)
            for row in np.argsort(areas)[::-1]
        )

    def _propose(self, planes: Planes) -> _Candidates:
        """P-Net over the pyramid, duplicates gone within and between scales."""
        found = [self._propose_at(planes, scale) for scale in self._scales(planes)]
        if not found:
            return _Candidates(boxes=np.zeros((0, 4), np.float32), scores=np.zeros(0, np.float32))
        cells = np.concatenate([cells for cells, _, _ in found])
        scores = np.concatenate([scores for _, scores, _ in found])
        offsets = np.concatenate([offsets for _, _, offsets in found])
        rows = geometry.suppress(cells, scores, 0.7)
        moved = geometry.moved(cells[rows], offsets[rows], pixel=0.0)
        return _Candidates(boxes=geometry.squares(moved), scores=scores[rows])

    def _scales(self, planes: Planes) -> list[float]:
        height, width = planes.shape[1:]
        smallest = max(self._min_face_size, self._min_face_share * min(width, height))
        return pyramid_scales(width, height, smallest)

    def _propose_at(
        self, planes: Planes, scale: float
    ) -> tuple[Boxes, Scores, npt.NDArray[np.float32]]:
        """One scale's cells that may hold a face: their boxes, probabilities and offsets."""
        height, width = planes.shape[1:]
        level = resize(planes, int(height * scale + 1), int(width * scale + 1))
        cells = self._look_at(level)
        rows, columns = np.nonzero(cells[0] >= LEAST_LOGIT)
        scores = _sigmoid(cells[0, rows, columns])
        boxes = _cell_boxes(rows, columns, scale)
        kept = geometry.suppress(boxes, scores, 0.5)
        return boxes[kept], scores[kept], cells[1:, rows[kept], columns[kept]].T

    def _look_at(self, level: Planes) -> npt.NDArray[np.float32]:
        """P-Net over a level, strip by strip: logits and offsets, (5, rows, columns) of cells.

        Strips overlap by what a cell sees beyond its step, and begin at even rows, where the
        whole level's pooling has its borders, too.
        """
        height, width = level.shape[1:]
        step = max(STRIP_PIXELS // width // STRIDE, CELL) * STRIDE
        overlap = CELL - STRIDE
        strips = [
            np.ascontiguousarray(level[None, :, top : top + step + overlap])
            for top in range(0, height - overlap, step)
        ]
        return np.concatenate([self._nets.proposal(strip)[0][0] for strip in strips], axis=1)

    def _refine(self, planes: Planes, candidates: _Candidates) -> _Candidates:
        kept, crops = _crops(planes, candidates.boxes, REFINE_SIZE)
        if not len(kept):
            return candidates.at(kept)
        offsets, faces = _in_parts(self._nets.refinement, crops, REFINE_AT_ONCE)
        passed = faces[:, 1] > REFINED
        boxes, scores = candidates.boxes[kept][passed], faces[passed, 1]
        rows = geometry.suppress(boxes, scores, 0.7)
        moved = geometry.moved(boxes[rows], offsets[passed][rows], pixel=1.0)
        return _Candidates(boxes=geometry.squares(moved), scores=scores[rows])

    def _decide(
        self, planes: Planes, candidates: _Candidates
    ) -> tuple[Boxes, Scores, npt.NDArray[np.float32]]:
        """O-Net: final boxes (n, 4), probabilities (n,) and landmarks (n, 5, 2)."""
        kept, crops = _crops(planes, candidates.boxes, DECIDE_SIZE)
        offsets, points, faces = _in_parts(self._nets.decision, crops, DECIDE_AT_ONCE)
        passed = faces[:, 1] > DECIDED
        boxes, scores = candidates.boxes[kept][passed], faces[passed, 1]
        landmarks = _landmarks(boxes, points[passed])
        boxes = geometry.moved(boxes, offsets[passed], pixel=1.0)
        rows = geometry.suppress_by_smaller(boxes, scores, 0.7)
        return boxes[rows], scores[rows], landmarks[rows]


def _sigmoid(logits: npt.NDArray[np.float32]) -> Scores:
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


def _crops(
    planes: Planes, boxes: Boxes, size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The content of boxes as squares of `size`: which rows have any, and (n, 3, size, size).

    A box that lies outside of the picture has none; the reference fails over such a one.
    """
    height, width = planes.shape[1:]
    bounds = geometry.pixel_bounds(boxes, width, height)
    kept = np.flatnonzero((bounds[:, 2] > bounds[:, 0]) & (bounds[:, 3] > bounds[:, 1]))
    crops = np.empty((len(kept), 3, size, size), np.float32)
    for target, (left, top, right, bottom) in zip(crops, bounds[kept], strict=True):
        resize_whole(planes[:, top:bottom, left:right], target)
    return kept, crops


def _in_parts(
    net: OnnxNet, crops: npt.NDArray[np.float32], at_once: int
) -> list[npt.NDArray[np.float32]]:
    parts = [net(crops[start : start + at_once]) for start in range(0, len(crops), at_once)]
    if len(parts) == 1:
        return parts[0]
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


def _landmarks(boxes: Boxes, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """O-Net's points, which count in sides of the box, in the picture's pixels: (n, 5, 2)."""
    sides = boxes[:, 2:] - boxes[:, :2] + np.float32(1)
    relative = np.stack([points[:, :5], points[:, 5:]], axis=2)
    return np.asarray(relative * sides[:, None] + boxes[:, None, :2] - np.float32(1), np.float32)


def _face(
    box: npt.NDArray[np.float32], probability: float, landmarks: npt.NDArray[np.float32]
) -> DetectedFace:
    left, top, right, bottom = (float(edge) for edge in box)
    return DetectedFace(
        box=Box(left=left, top=top, right=right, bottom=bottom),
        probability=probability,
        landmarks=tuple((float(x), float(y)) for x, y in landmarks),
    )
