"""The models by name: which net embeds, at what size of face, and how far apart two people are.

A gallery names its model, and workers load what the gallery names. The size belongs to the model,
because the same net gives the same face other vectors at another size.
"""

from __future__ import annotations

from dataclasses import dataclass

from recognition.errors import UnknownModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One way to turn faces into vectors.

    Parameters:
        net: whose weights; models may share them.
        crop_pixels: the side of the square that the net sees.
        dimension: numbers in an embedding.
        threshold: the distance above which two faces are taken for two people, by default.
    """

    net: str
    crop_pixels: int
    dimension: int
    threshold: float


MODELS = {
    # 160 pixels are facenet-pytorch's default, and what InceptionResnetV1 was trained on.
    "vggface2": Model(net="vggface2", crop_pixels=160, dimension=512, threshold=1.0),
    # The original system cut its faces at 240: what its data.pt was made with.
    "vggface2-240": Model(net="vggface2", crop_pixels=240, dimension=512, threshold=1.0),
    "casia-webface": Model(net="casia-webface", crop_pixels=160, dimension=512, threshold=1.0),
    # dlib's documentation has 0.6: 99.38 % on Labeled Faces in the Wild.
    "dlib": Model(net="dlib", crop_pixels=150, dimension=128, threshold=0.6),
}


def model_named(name: str) -> Model:
    """A model by its name. Raises UnknownModel."""
    if name not in MODELS:
        raise UnknownModel(f"{name!r} is no model; known are {', '.join(MODELS)}")
    return MODELS[name]
