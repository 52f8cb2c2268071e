"""What a plan leaves out, and what becomes of a damaged one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognition.errors import ModelFileCorrupt
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import Convolution
from recognition.native.net_file import (
    PROPOSAL_NUMBERS,
    read_layers,
    read_net,
    write_layers,
    write_net,
)
from recognition.native.plan import (
    CONVOLUTION,
    INPUT,
    MAXIMUM,
    Plan,
    PlanStep,
    Tensor,
    shaped,
)

PLAN = Plan(
    tensors=(Tensor(channels=3), Tensor(channels=16, border=(1, 1)), Tensor(channels=16)),
    steps=(
        PlanStep(kind=CONVOLUTION, source=INPUT, target=1, inputs=3, outputs=16),
        PlanStep(kind=MAXIMUM, source=1, target=2, inputs=16, outputs=16, kernel=(2, 2), stride=2),
    ),
    outputs=16,
    results=(2,),
)
HEIGHT, WIDTH = 1, 2


def test_rows_and_columns_that_nothing_looks_at_are_not_computed() -> None:
    """A window of 2 with stride 2 over 7 rows looks at 6."""
    found = shaped(PLAN, 7, 8, images=1)

    assert list(found.tensors[1, [HEIGHT, WIDTH]]) == [6, 8]
    assert list(found.tensors[2, [HEIGHT, WIDTH]]) == [3, 4]


def test_tensors_lie_behind_each_other_with_their_borders() -> None:
    found = shaped(PLAN, 4, 4, images=2)

    assert list(found.tensors[:, 0]) == [0, 2 * 4 * 4 * 3, 2 * (4 * 4 * 3 + 6 * 6 * 16)]
    assert found.values == 2 * (4 * 4 * 3 + 6 * 6 * 16 + 2 * 2 * 16)


def test_a_tensor_takes_the_place_of_one_that_is_read_no_more() -> None:
    """Pixels -> 1 -> 2 -> 3: the last finds room where the first was."""
    builder = PlanBuilder()
    x = INPUT
    for inputs in (3, 16, 16):
        layer = Convolution(
            weights=np.zeros((16, inputs, 1, 1), np.float32),
            bias=np.zeros(16, np.float32),
            slopes=np.ones(16, np.float32),
        )
        x = builder.then(x, layer, border=(1, 1))
    plan, _ = builder.built(16)

    found = shaped(plan, 4, 4, images=1)

    pixels, each = 4 * 4 * 3, 6 * 6 * 16
    assert list(found.tensors[:, 0]) == [0, pixels, pixels + each, pixels]
    assert found.values == pixels + 2 * each


def test_a_net_is_read_as_it_was_written(tmp_path: Path) -> None:
    numbers = np.arange(70, dtype=np.float32)
    write_net(tmp_path / "a.net", PLAN, numbers)

    plan, found = read_net(tmp_path / "a.net")

    assert plan == PLAN
    np.testing.assert_array_equal(found, numbers)


@pytest.mark.parametrize("content", [b"", b"no net", b"{}\n", b'{"tensors": 1}\n'])
def test_a_file_that_is_no_net_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_bytes(content)

    with pytest.raises(ModelFileCorrupt, match=r"a.net can't be loaded .* delete it"):
        read_net(tmp_path / "a.net")


@pytest.mark.parametrize("content", [b"", b"no net", b"{}\n", b'{"layers": "proposal"}\n0000'])
def test_a_file_that_is_not_p_net_s_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_bytes(content)

    with pytest.raises(ModelFileCorrupt, match=r"a.net can't be loaded .* delete it"):
        read_layers(tmp_path / "a.net")


def test_layers_are_no_plan(tmp_path: Path) -> None:
    write_layers(tmp_path / "a.net", np.zeros(PROPOSAL_NUMBERS, np.float32))

    assert len(read_layers(tmp_path / "a.net")) == PROPOSAL_NUMBERS
    with pytest.raises(ModelFileCorrupt, match="no plan"):
        read_net(tmp_path / "a.net")
