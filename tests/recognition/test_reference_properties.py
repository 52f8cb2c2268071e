"""Properties of resize, suppression and crop, against torch, torchvision and facenet-pytorch.
These are imported where they are used: collecting the tests takes two seconds less."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from recognition.detection import boxes as geometry
from recognition.detection.area_resize import resize, resize_whole

few = settings(max_examples=40, deadline=None)
sides = st.integers(1, 90)


@few
@given(height=sides, width=sides, new_height=sides, new_width=sides, seed=st.integers(0, 2**16))
def test_resize_is_torch_s_area_mode(
    height: int, width: int, new_height: int, new_width: int, seed: int
) -> None:
    import torch
    from torch.nn.functional import interpolate

    planes = np.random.default_rng(seed).integers(0, 256, (3, height, width)).astype(np.float32)
    expected = interpolate(
        torch.from_numpy(planes)[None], size=(new_height, new_width), mode="area"
    )[0].numpy()

    np.testing.assert_allclose(resize(planes, new_height, new_width), expected, atol=1e-3)
    square = interpolate(torch.from_numpy(planes)[None], size=(24, 24), mode="area")[0].numpy()
    small = np.empty((3, 24, 24), np.float32)
    resize_whole(planes, small)
    np.testing.assert_allclose(small, square, atol=1e-3)


def boxes_and_scores() -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Boxes on a coarse grid, so that many overlap and many scores are equal."""

    def build(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        corners = numbers[:, :2].astype(np.float32)
        lengths = numbers[:, 2:4].astype(np.float32)
        return np.concatenate([corners, corners + lengths], axis=1), (numbers[:, 4] / 20).astype(
            np.float32
        )

    shape = st.tuples(st.integers(0, 150), st.just(5))
    return hnp.arrays(np.int64, shape, elements=st.integers(1, 20)).map(build)


@few
@given(boxes_and_scores(), st.sampled_from([0.3, 0.5, 0.7]))
def test_suppression_is_torchvision_s(case: tuple[np.ndarray, np.ndarray], most: float) -> None:
    import torch
    from torchvision.ops import nms

    boxes, scores = case
    expected = nms(torch.from_numpy(boxes), torch.from_numpy(scores), most).numpy()

    np.testing.assert_array_equal(geometry.suppress(boxes, scores, most), expected)


@few
@given(boxes_and_scores())
def test_suppression_by_the_smaller_is_facenet_pytorch_s(
    case: tuple[np.ndarray, np.ndarray],
) -> None:
    from facenet_pytorch.models.utils import detect_face as theirs

    boxes, _ = case
    # Its order among equal scores is up to numpy's unstable sort, so here no two are equal.
    scores = np.random.default_rng(len(boxes)).permutation(len(boxes)).astype(np.float32)
    expected = theirs.nms_numpy(boxes, scores, 0.7, "Min") if len(boxes) else []

    np.testing.assert_array_equal(geometry.suppress_by_smaller(boxes, scores, 0.7), expected)


@few
@given(boxes_and_scores())
def test_squares_and_pixel_bounds_are_facenet_pytorch_s(
    case: tuple[np.ndarray, np.ndarray],
) -> None:
    import torch
    from facenet_pytorch.models.utils import detect_face as theirs

    boxes = case[0] * np.float32(7.3) - np.float32(9.1)
    expected = theirs.rerec(torch.from_numpy(boxes.copy()))

    np.testing.assert_allclose(geometry.squares(boxes), expected.numpy(), rtol=1e-6, atol=1e-4)
    top, bottom, left, right = theirs.pad(torch.from_numpy(boxes.copy()), 100, 60)
    bounds = geometry.pixel_bounds(boxes, 100, 60)
    np.testing.assert_array_equal(bounds, np.stack([left - 1, top - 1, right, bottom], axis=1))
