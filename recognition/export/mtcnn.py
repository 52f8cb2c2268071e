"""facenet-pytorch's P-, R- and O-Net (Zhang et al., 2016) as layers, by the names in their weights.

Every net takes pixels of 0 to 255, and gives a face's logit and four offsets of its box; O-Net ten
numbers of landmarks besides. The softmax of two is the sigmoid of their difference: one value.
"""

from dataclasses import replace

from recognition.export.layers import (
    Convolution,
    State,
    convolution,
    joined,
    of_two,
    taking_pixels,
    with_prelu,
)

Layer = Convolution | int
"""A convolution, or the side of a pooling whose windows reach over the last row and column."""


def proposal(state: State) -> list[Layer]:
    """P-Net, for pictures of any size."""
    return [_first(state), 2, _inner(state, "2"), _inner(state, "3"), _heads(state)]


def refinement(state: State) -> list[Layer]:
    """R-Net or O-Net, for squares of one size."""
    layers: list[Layer] = [_first(state)]
    sides = (3, 3, 2) if "conv4.weight" in state else (3, 3)
    for number, side in enumerate(sides, start=2):
        layers += [side, _inner(state, str(number))]
    dense = str(len(sides) + 2)
    over_all = _over_all_pixels(
        with_prelu(convolution(state, f"dense{dense}"), state, f"prelu{dense}"),
        len(state[f"conv{len(sides) + 1}.weight"]),
    )
    return [*layers, over_all, _heads(state)]


def _first(state: State) -> Convolution:
    return with_prelu(taking_pixels(convolution(state, "conv1")), state, "prelu1")


def _inner(state: State, number: str) -> Convolution:
    return with_prelu(convolution(state, f"conv{number}"), state, f"prelu{number}")


def _heads(state: State) -> Convolution:
    """The last layers as one: face or not, offsets, and O-Net's landmarks."""
    names = sorted(
        name.removesuffix(".weight") for name in state if "_" in name and "weight" in name
    )
    face, *others = (as_pixel(convolution(state, name)) for name in names)
    return joined([of_two(face), *others])


def as_pixel(layer: Convolution) -> Convolution:
    """A dense layer as a convolution over one pixel."""
    outputs, inputs = layer.weights.shape[:2]
    return replace(layer, weights=layer.weights.reshape(outputs, inputs, 1, 1))


def _over_all_pixels(layer: Convolution, channels: int) -> Convolution:
    """A dense layer behind MTCNN's flattening, which goes by columns, rows, channels."""
    outputs, values = layer.weights.shape
    side = round((values / channels) ** 0.5)
    by_columns = layer.weights.reshape(outputs, side, side, channels)
    return replace(layer, weights=by_columns.transpose(0, 3, 2, 1), gives_one_pixel=True)
