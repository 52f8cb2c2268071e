"""Who takes part: each model with our decision, and what others do with the same embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recognition.matching import Rule
from recognition.registry.model_choice import is_at_hand
from recognition.registry.models import Model, known_models, model_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A model, and the weights folder that has it. `label` stands in the table."""

    model: str
    weights_dir: Path
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A way to decide who a face is.

    Parameters:
        rule, length: how faces are compared, as in `recognition.registry.models`.
        threshold: a fixed one; None for the one that follows from the gallery.
    """

    name: str
    rule: Rule
    length: float
    threshold: float | None = None


PEERS = {
    "dlib": Contender(name="dlib, nearest at 0.6", rule="nearest", length=0.0, threshold=0.6),
    "sface": Contender(name="sface, nearest at 1.128", rule="nearest", length=1.0, threshold=1.128),
}
"""What users of the same models get elsewhere: face_recognition compares with 0.6 by default, and
OpenCV's documentation of SFace has 1.128. Both name the nearest example."""


def sources(weights_dir: Path, also: Sequence[Path], wanted: Sequence[str]) -> list[Source]:
    """The models to try: the wanted ones, or all that are at hand. Raises UnknownModel.

    Models of further folders are named after their folder.
    """
    names = list(wanted) or [name for name in known_models() if is_at_hand(name, weights_dir)]
    found = [Source(model=name, weights_dir=weights_dir, label=name) for name in names]
    found += [
        Source(model=name, weights_dir=folder, label=f"{name} ({folder.name})")
        for folder in also
        for name in known_models()
        if name not in names and is_at_hand(name, folder)
    ]
    for source in found:
        model_named(source.model)
    return found


def contenders(source: Source) -> list[Contender]:
    """Ours first, then the peer that uses this model."""
    model: Model = model_named(source.model)
    ours = Contender(name=source.label, rule=model.rule, length=model.length)
    peer = PEERS.get(source.model)
    return [ours, peer] if peer else [ours]
