"""Synthetic faces: unit vectors around a centre for each person."""

from __future__ import annotations

import numpy as np

from recognition.evaluation.galleries import STRANGER
from recognition.matching import Matrix


def crowd(
    *,
    people: int,
    pictures: int,
    strangers: int,
    spread: float = 0.5,
    dimension: int = 32,
    seed: int = 0,
) -> tuple[Matrix, list[str]]:
    """Embeddings (n, dimension) and their names, strangers last.

    `spread` is how far a person's pictures are from their centre.
    """
    random = np.random.default_rng(seed)
    centres = _unit(random.normal(size=(people + strangers, dimension)))
    known = np.repeat(centres[:people], pictures, axis=0)
    noise = _unit(random.normal(size=known.shape)) * spread
    names = [f"person {n:03}" for n in range(people) for _ in range(pictures)]
    rows = np.concatenate([_unit(known + noise), centres[people:]])
    return rows.astype(np.float32), [*names, *[STRANGER] * strangers]


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
