"""The open-set decision's threshold: how near a face must be to get a name.

A gallery of n examples is n comparisons, so the more there are, the nearer a stranger comes by
chance. Terms are those of ISO/IEC 19795-1: FPIR is the share of strangers who get a name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

REFERENCE_EXAMPLES = 10
REFERENCE_FPIR = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdLine:
    """A model's thresholds: distance = a - b ln(n / 10) + c ln(FPIR / 0.01).

    Parameters:
        a: the threshold for 10 examples and an FPIR of 1 %.
        b: how much nearer a face must be for each factor e of examples.
        c: how much farther it may be for each factor e of FPIR.
    """

    a: float
    b: float
    c: float

    def at(self, examples: int, fpir: float) -> float:
        """The threshold for a gallery of `examples` embeddings and an FPIR (0 to 1)."""
        more = math.log(max(examples, 1) / REFERENCE_EXAMPLES)
        looser = math.log(fpir / REFERENCE_FPIR)
        return self.a - self.b * more + self.c * looser
