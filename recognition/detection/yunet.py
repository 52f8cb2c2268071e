"""YuNet: one small net finds faces and their landmarks, in a third of MTCNN's time.

Wu et al., 2023, Machine Intelligence Research 20. The weights are OpenCV's.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.detection import boxes as geometry
from recognition.detection.detector import MIN_FACE_SIZE, detected_face, reduced
from recognition.embedding.onnx_net import OnnxNet
from recognition.native.native_net import NativeNet, Pixels
from recognition.types import DetectedFace, RgbPicture

STRIDES = (8, 16, 32)
"""Sides of the net's cells, in pixels. Each cell of each size may hold a face."""

SMALLEST = 20
"""The smallest face that the net is asked for, in pixels: of 20 it finds 99 in 100 (LFW), of 16
only 84."""

LARGEST = 400
"""The largest that it finds as well as smaller ones, in pixels. Of 150 close-ups of 480 pixels
(LFW, cut at the face's box) 136 keep a cosine of 0.8 to the face in its picture, with 480 here
only 126."""

COARSER = 4
"""A picture that may show larger faces is also seen at a quarter, for a sixteenth of the time."""

MOST_OVERLAP = 0.3

SCORES, PROBABILITIES = (0.6, 0.75, 0.93), (0.7, 0.9, 1.0)
"""The net's scores, and MTCNN's probabilities that mean as much: all limits are set in those. 95 of
100 faces of 20 pixels score 0.75. So does no false box in pictures of scikit-image, matplotlib."""

LEAST_LOGIT = -0.6
"""A face's score is the root of two probabilities' product, so neither may be below 0.36."""

Rows = npt.NDArray[np.float32]
"""Shape (n, 15): a face's box (left, top, right, bottom), its score, its five landmarks."""

Cells = npt.NDArray[np.float32]
"""Shape (cells, 16): scores of a face and of an object, box, points."""

Likely = tuple[npt.NDArray[np.int64], Cells]
"""Cells that may hold a face: which ones, counted by rows, and what they hold."""

Net = Callable[[Pixels], Sequence[Likely]]
"""Pixels of whole cells in, the likely cells of each size out."""

Resize = Callable[[RgbPicture, int, int], Pixels]
"""A picture, height and width -> its pixels then."""


def on_onnx(net: OnnxNet) -> Net:
    """The exported net on ONNX Runtime, which gives each kind of number for each size of cell."""

    def likely(pixels: Pixels) -> Iterator[Likely]:
        found = net(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32))
        for size in range(len(STRIDES)):
            cells = np.concatenate(found[size :: len(STRIDES)], axis=2)[0]
            at = np.flatnonzero(cells[:, 0] * cells[:, 1] >= SCORES[0] ** 2)
            yield at, cells[at]

    return lambda pixels: [*likely(pixels)]


def on_engine(net: NativeNet) -> Net:
    """The exported net on the engine, which gives scores as logits."""

    def likely(pixels: Pixels) -> Iterator[Likely]:
        for found in net.all_of(pixels[None]):
            cells = found.reshape(-1, found.shape[-1])
            at = np.flatnonzero((cells[:, 0] > LEAST_LOGIT) & (cells[:, 1] > LEAST_LOGIT))
            some = cells[at]
            some[:, :2] = 1.0 / (1.0 + np.exp(-some[:, :2]))
            yield at, some

    return lambda pixels: [*likely(pixels)]


def by_pillow(picture: RgbPicture, height: int, width: int) -> Pixels:
    """The picture at a smaller size, by area."""
    small = Image.fromarray(picture).resize((width, height), Image.Resampling.BOX, reducing_gap=1.0)
    return np.asarray(small)


class Yunet:
    """The detector. One thread at a time may use it.

    Parameters:
        net: the exported net, on whatever runs it.
        resize: makes a picture smaller.
        min_face_size: the smallest face that is looked for, in pixels.
        min_face_share: the same as a share of the picture's shorter side; the larger of the two
            counts. A face of twice the size takes a quarter of the time.
    """

    def __init__(
        self, net: Net, min_face_size: int = MIN_FACE_SIZE, min_face_share: float = 0.0,
        resize: Resize = by_pillow,
    ) -> None:  # fmt: skip
        self._net, self._resize = net, resize
        self._min_face_size = min_face_size
        self._min_face_share = min_face_share

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        """All faces, largest box first. Boxes are in pixels of `picture`."""
        small, factor = reduced(picture)
        *finer, last = self._levels(small)
        seen = [self._seen_at(small, level, LARGEST) for level in finer]
        rows = np.concatenate([*seen, self._seen_at(small, last)])
        rows = rows[geometry.suppress(rows[:, :4], rows[:, 4], MOST_OVERLAP)]
        areas = (rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1])
        return tuple(_face(row, factor) for row in rows[np.argsort(-areas)])

    def _levels(self, picture: RgbPicture) -> Sequence[float]:
        """The divisor of the picture's sides."""
        shorter = min(picture.shape[:2])
        smallest = max(self._min_face_size, self._min_face_share * shorter)
        fine = max(smallest / SMALLEST, 1.0)
        return (fine, COARSER * fine) if shorter > LARGEST * fine else (fine,)

    def _seen_at(self, picture: RgbPicture, level: float, largest: float = math.inf) -> Rows:
        """The faces of one level. Larger ones than the largest are left to the next level."""
        height, width = picture.shape[:2]
        size = (max(round(width / level), 1), max(round(height / level), 1))
        padded = _padded(self._resize(picture, *size[::-1]) if level > 1.0 else picture)
        rows = _decoded(self._net(padded), padded.shape[1])
        sides = (rows[:, 2:4] - rows[:, :2]).max(axis=1)
        rows = rows[(rows[:, 4] >= SCORES[0]) & (sides <= largest)]
        across, down = width / size[0], height / size[1]
        return rows * np.array([across, down] * 2 + [1.0] + [across, down] * 5, np.float32)


def _padded(picture: Pixels) -> Pixels:
    """The picture, black beyond it up to whole cells."""
    height, width = picture.shape[:2]
    cell = STRIDES[-1]
    if height % cell == 0 and width % cell == 0:
        return picture
    shape = -(-height // cell) * cell, -(-width // cell) * cell, 3
    padded = np.zeros(shape, picture.dtype)
    padded[:height, :width] = picture
    return padded


def _decoded(sizes: Sequence[Likely], width: int) -> Rows:
    """Likely cells of all sizes as faces, in pixels. Offsets and points count in cells, box sizes
    as logarithms of them."""
    at, likely = (np.concatenate(each) for each in zip(*sizes, strict=True))
    strides = np.repeat(STRIDES, [len(each) for each, _ in sizes])
    corners = np.stack(np.divmod(at, width // strides)[::-1], axis=1).astype(np.float32)
    scores = np.sqrt(np.minimum(likely[:, :1] * likely[:, 1:2], 1.0))
    centres = corners + likely[:, 2:4]
    halves = np.exp(likely[:, 4:6]) / 2
    points = (likely[:, 6:].reshape(-1, 5, 2) + corners[:, None]).reshape(-1, 10)
    pixels = strides[:, None].astype(np.float32)
    parts = (centres - halves, centres + halves, scores / pixels, points)
    return np.concatenate(parts, axis=1) * pixels


def _face(row: npt.NDArray[np.float32], factor: float) -> DetectedFace:
    probability = float(np.interp(row[4], SCORES, PROBABILITIES))
    landmarks = (row[5:] * factor).reshape(5, 2)
    return detected_face(row[:4].astype(np.float64) * factor, probability, landmarks)
