"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Pictures and clients of each part. A part with 0 pictures is left out."""

    rounds: int = 3
    pictures: int = 100
    concurrency: int = 50
    warm_up: int = 10
    idle: int = 20
    clients: tuple[int, ...] = (10, 50, 100, 500, 1000)
    defaults_pictures: int = 20
    others_idle: int = 5
    seed_pictures: int = 4


NORMAL = Plan()
QUICK = Plan(
    rounds=1, pictures=40, idle=5, clients=(10, 50), defaults_pictures=6, others_idle=2,
    seed_pictures=2,
)  # fmt: skip
