"""Pictures with known answers: seeded variations of the two sample people, and of nobody."""

from __future__ import annotations

import random
from collections.abc import Iterator

from PIL import Image, ImageEnhance

from foundation import messages
from recognition.types import NO_FACE
from tests.chaos.values import Ending, Picture
from tests.system.pictures import COLLINS, HOPPER, encoded, faceless, portrait
from tests.system.poison import ENDLESS, POISON

FACELESS_SHARE = 0.1

HEADS = {COLLINS: (60, 0, 340, 300), HOPPER: (110, 0, 430, 340)}
"""Of the portraits (left, top, right, bottom). In the rest of them the detector sometimes sees a
second face, larger and not so sure, and then that one's name is the right answer."""


def answered(text: str) -> tuple[Ending, ...]:
    return (Ending(state=messages.SUCCEEDED, text=text),)


DEAD_LETTER = (Ending(state=messages.FAILED, text=messages.DEAD_LETTER),)
GIVEN_UP = (Ending(state=messages.FAILED, text=messages.TOO_SLOW), *DEAD_LETTER)
"""A picture that never ends is given up; or, when its worker is killed each time, a dead letter."""
DAMAGED = (Ending(state=messages.FAILED, text=messages.BAD_PICTURE),)


def good_pictures(seed: int) -> Iterator[Picture]:
    """Pictures without end, no two alike."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    number = 0
    while True:
        number += 1
        name = f"chaos-{seed}-{number:05}"
        if chance.random() < FACELESS_SHARE:
            yield Picture(name=f"{name}.png", content=faceless(number), right=answered(NO_FACE))
        else:
            person = chance.choice((COLLINS, HOPPER))
            content = variation(person, chance)
            yield Picture(name=f"{name}.jpg", content=content, right=answered(person))


def variation(person: str, chance: random.Random) -> bytes:
    """Another light, size and angle of a person's portrait; so little other that the model, which
    is not what is tried here, is sure of it."""
    image = portrait(person).rotate(chance.uniform(-3, 3), Image.Resampling.BILINEAR)
    image = image.crop(HEADS[person])
    image = image.resize((chance.randint(300, 340), chance.randint(330, 370)))
    image = ImageEnhance.Brightness(image).enhance(chance.uniform(0.88, 1.1))
    image = ImageEnhance.Contrast(image).enhance(chance.uniform(0.95, 1.1))
    return encoded(image, quality=chance.randint(82, 94))


def bad_picture(kind: str, number: int, seed: int) -> Picture:
    """A picture that kills its worker, never ends, or is cut short."""
    chance = random.Random(f"{kind} {number} {seed}")  # noqa: S311 - repeatable on purpose
    person = chance.choice((COLLINS, HOPPER))
    content = variation(person, chance)
    name = f"{kind}-{seed}-{number:03}.jpg"
    by_function = answered(person)  # functions don't know the marks that workers die of
    if kind == "poison":
        return Picture(name=name, content=content + POISON, right=(*DEAD_LETTER, *by_function))
    if kind == "endless":
        return Picture(name=name, content=content + ENDLESS, right=(*GIVEN_UP, *by_function))
    return Picture(name=name, content=content[: len(content) // 2], right=DAMAGED)
