"""MTCNN's nets for the engine."""

from __future__ import annotations

import numpy as np

from recognition.export.engine.packing import Numbers, in_tiles
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import State
from recognition.export.mtcnn import proposal, refinement
from recognition.native.plan import INPUT, Plan

TILES = (5, 8, 8, 5)
"""Outputs of P-Net's layers that `proposal.c` computes at once."""


def proposal_numbers(state: State) -> Numbers:
    """P-Net's layers for pixels -> the face's logit and four offsets of each cell."""
    layers = [layer for layer in proposal(state) if not isinstance(layer, int)]
    return np.concatenate([in_tiles(each, tile) for each, tile in zip(layers, TILES, strict=True)])


def refinement_plan(state: State) -> tuple[Plan, Numbers]:
    """R- or O-Net: pixels -> a face's logit, four offsets, and O-Net's ten landmarks."""
    builder, x, outputs = PlanBuilder(), INPUT, 0
    for layer in refinement(state):
        if isinstance(layer, int):
            x = builder.then_maximum(x, layer, reaches_over=True)
        else:
            x, outputs = builder.then(x, layer), len(layer.weights)
    return builder.built(outputs)
