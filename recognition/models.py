"""The models by name: which net embeds, at what size of face, and how near one person's faces are.

A gallery names its model, and workers load what the gallery names. The size belongs to the model,
because the same net gives the same face other vectors at another size.
"""

from __future__ import annotations

from dataclasses import dataclass

from recognition.errors import UnknownModel
from recognition.matching import Rule
from recognition.open_set import ThresholdLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One way to turn faces into vectors.

    Parameters:
        net: whose weights; models may share them.
        crop_pixels: the side of the square that the net sees.
        dimension: numbers in an embedding.
        line: the thresholds of the open-set decision, by size of the gallery.
        pair_threshold: the distance up to which two faces are one person's, at a FAR of 0.1 %.
        rule: whether a face is compared with a person's nearest example, or with their mean.
        unit_length: embeddings have the length 1, and so has the mean of a person's examples.
    """

    net: str
    crop_pixels: int
    dimension: int
    line: ThresholdLine
    pair_threshold: float
    rule: Rule = "nearest"
    unit_length: bool = True


INCEPTION_LINE = ThresholdLine(a=0.95, b=0.03, c=0.03)

MODELS = {
    # 160 pixels are facenet-pytorch's default, and what InceptionResnetV1 was trained on.
    "vggface2": Model(
        net="vggface2", crop_pixels=160, dimension=512, line=INCEPTION_LINE, pair_threshold=0.9
    ),
    # The original system cut its faces at 240: what its data.pt was made with.
    "vggface2-240": Model(
        net="vggface2", crop_pixels=240, dimension=512, line=INCEPTION_LINE, pair_threshold=0.9
    ),
    "casia-webface": Model(
        net="casia-webface", crop_pixels=160, dimension=512, line=INCEPTION_LINE,
        pair_threshold=0.9,
    ),
    "dlib": Model(
        net="dlib", crop_pixels=150, dimension=128,
        line=ThresholdLine(a=0.548, b=0.0235, c=0.0235), pair_threshold=0.52, unit_length=False,
    ),
}  # fmt: skip


def model_named(name: str) -> Model:
    """A model by its name. Raises UnknownModel."""
    if name not in MODELS:
        raise UnknownModel(f"{name!r} is no model; known are {', '.join(MODELS)}")
    return MODELS[name]
