"""P-, R- and O-Net rewritten into what ONNX Runtime runs fast, with facenet-pytorch's own weights.

Each rewrite is an equation, not an approximation; the parity tests measure what is left of it in
floating point (under 1e-5):

- PReLU. ONNX Runtime has no blocked (NCHWc) kernel for it, so each one costs two reorderings and
  a slow kernel: 9 of P-Net's 18.5 ms on its largest level. As `a x + (1 - a) relu(x)` it is two
  depthwise convolutions and a ReLU, all of them blocked: P-Net takes 2.4 times less.
- Pooling after PReLU works on a quarter of the values when it is put before it. For a slope
  a >= 0, PReLU is monotone and simply commutes with the maximum. For a < 0 it is V-shaped, and
  its maximum is at the largest or the smallest value: max(max(x), max(a x)).
- (x - 127.5) / 128 goes into the first convolution, which has no padding; so does a picture's
  0 to 255.
- P-Net's softmax of two is the sigmoid of their difference: one value, and the exponential only
  for the few cells over the threshold.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

PIXEL_MEAN = 127.5
PIXEL_SCALE = 0.0078125

BLOCK = 16
"""Channels of one AVX-512 register. Pooling is only blocked when it has full blocks."""


def linear_map(matrix: Tensor, bias: Tensor | None = None) -> nn.Conv2d:
    """A 1 x 1 convolution that applies `matrix` (outputs, inputs) to every pixel's channels."""
    outputs, inputs = matrix.shape
    layer = nn.Conv2d(inputs, outputs, 1, bias=bias is not None)
    layer.weight.data = matrix.reshape(outputs, inputs, 1, 1).clone()
    if bias is not None and layer.bias is not None:
        layer.bias.data = bias.clone()
    return layer


def taking_pixels(
    conv: nn.Conv2d, mean: float = PIXEL_MEAN, scale: float = PIXEL_SCALE
) -> nn.Conv2d:
    """`conv` for pixels of 0 to 255 instead of (x - mean) * scale. It must have no padding."""
    folded = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride)  # type: ignore[arg-type]
    weight = conv.weight.data.double() * scale
    bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.data
    folded.weight.data = weight.float()
    assert folded.bias is not None  # noqa: S101 - nn.Conv2d's default
    folded.bias.data = (bias.double() - mean * weight.sum(dim=(1, 2, 3))).float()
    return folded


class SplitPrelu(nn.Module):
    """PReLU as a x + (1 - a) relu(x)."""

    def __init__(self, prelu: nn.PReLU) -> None:
        super().__init__()
        slopes = prelu.weight.data
        self.straight = _scaling(slopes)
        self.bent = _scaling(1.0 - slopes)

    def forward(self, x: Tensor) -> Any:
        return self.straight(x) + self.bent(functional.relu(x))


def _scaling(factors: Tensor) -> nn.Conv2d:
    """A depthwise convolution that multiplies each channel by its factor."""
    channels = len(factors)
    layer = nn.Conv2d(channels, channels, 1, groups=channels, bias=False)
    layer.weight.data = factors.reshape(channels, 1, 1, 1).clone()
    return layer


class PooledPrelu(nn.Module):
    """Convolution, PReLU, pooling; the pooling comes before the PReLU.

    The convolution gets one more channel, a x, for each slope a < 0. With P = max(x) and
    Q = max(a x), PReLU and pooling give P + relu(Q - P) there, and a P + (1 - a) relu(P) elsewhere.
    """

    def __init__(self, conv: nn.Conv2d, prelu: nn.PReLU, pool: nn.MaxPool2d) -> None:
        super().__init__()
        slopes = prelu.weight.data
        negative = torch.nonzero(slopes < 0).flatten()
        self.pool = pool
        self.conv = _with_copies(conv, slopes, negative)
        self.outputs = _whole_blocks(len(slopes))
        shape = self.outputs, self.conv.out_channels
        into_relu, straight = torch.zeros(shape), torch.zeros(shape)
        bent = torch.zeros(self.outputs, self.outputs)
        copy_of = {int(channel): len(slopes) + i for i, channel in enumerate(negative)}
        for channel, slope in enumerate(slopes):
            into_relu[channel, channel] = 1.0
            straight[channel, channel] = slope
            bent[channel, channel] = 1.0 - slope
            if channel in copy_of:
                into_relu[channel, channel] = -1.0
                into_relu[channel, copy_of[channel]] = 1.0
                straight[channel, channel] = bent[channel, channel] = 1.0
        self.into_relu = linear_map(into_relu)
        self.straight = linear_map(straight)
        self.bent = linear_map(bent)

    def forward(self, x: Tensor) -> Any:
        pooled = self.pool(self.conv(x))
        return self.straight(pooled) + self.bent(functional.relu(self.into_relu(pooled)))


def _whole_blocks(channels: int) -> int:
    return -(-channels // BLOCK) * BLOCK


def _with_copies(conv: nn.Conv2d, slopes: Tensor, negative: Tensor) -> nn.Conv2d:
    assert conv.bias is not None  # noqa: S101 - facenet-pytorch's have one
    factors = slopes[negative]
    used = conv.out_channels + len(negative)
    outputs = _whole_blocks(used)
    layer = nn.Conv2d(conv.in_channels, outputs, conv.kernel_size)  # type: ignore[arg-type]
    assert layer.bias is not None  # noqa: S101
    copies = conv.weight.data[negative] * factors.reshape(-1, 1, 1, 1)
    layer.weight.data = torch.zeros_like(layer.weight.data)
    layer.weight.data[:used] = torch.cat([conv.weight.data, copies])
    layer.bias.data = torch.zeros(outputs)
    layer.bias.data[:used] = torch.cat([conv.bias.data, conv.bias.data[negative] * factors])
    return layer


class ProposalNet(nn.Module):
    """P-Net. Pixels (1, 3, h, w) -> (1, 5, h', w'): the face's logit, then four box offsets."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.first = PooledPrelu(taking_pixels(net.conv1), net.prelu1, net.pool1)
        self.conv2 = _for_more_inputs(net.conv2, self.first.outputs)
        self.prelu2 = SplitPrelu(net.prelu2)
        self.conv3 = net.conv3
        slopes = net.prelu3.weight.data
        face = net.conv4_1.weight.data[1:] - net.conv4_1.weight.data[:1]
        weight = torch.cat([face, net.conv4_2.weight.data]).flatten(1)
        face_bias = net.conv4_1.bias.data[1:] - net.conv4_1.bias.data[:1]
        self.straight = linear_map(weight * slopes, torch.cat([face_bias, net.conv4_2.bias.data]))
        self.bent = linear_map(weight * (1.0 - slopes))

    def forward(self, pixels: Tensor) -> Any:
        x = self.conv3(self.prelu2(self.conv2(self.first(pixels))))
        return self.straight(x) + self.bent(functional.relu(x))


def _for_more_inputs(conv: nn.Conv2d, inputs: int) -> nn.Conv2d:
    """`conv` with further input channels that count nothing: full blocks of channels stay
    blocked from one convolution to the next."""
    layer = nn.Conv2d(inputs, conv.out_channels, conv.kernel_size)  # type: ignore[arg-type]
    assert layer.bias is not None and conv.bias is not None  # noqa: S101
    layer.weight.data = torch.zeros_like(layer.weight.data)
    layer.weight.data[:, : conv.in_channels] = conv.weight.data
    layer.bias.data = conv.bias.data.clone()
    return layer


def refinement_net(net: Any) -> nn.Module:
    """R-Net or O-Net for pixels of 0 to 255: outputs as facenet-pytorch's module gives them.

    The module keeps its own `forward`; its layers are exchanged.
    """
    net.conv1 = PooledPrelu(taking_pixels(net.conv1), net.prelu1, net.pool1)
    net.prelu1 = net.pool1 = nn.Identity()
    net.conv2 = _for_more_inputs(net.conv2, net.conv1.outputs)
    behind_convolutions = ["prelu2", "prelu3"] + (["prelu4"] if hasattr(net, "conv4") else [])
    for name in behind_convolutions:
        setattr(net, name, SplitPrelu(getattr(net, name)))
    result: nn.Module = net
    return result
