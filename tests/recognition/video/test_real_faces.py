"""Videos of real faces through the real recogniser: named with evidence, and only then."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from recognition.open_set import DecisionSettings
from recognition.recognizer import Recognizer
from recognition.registry.loading import load_recognizer
from recognition.video.merging import SeenFrame, merge
from recognition.video.naming import named_frames
from tests.recognition.pictures import SHARED, astronaut, encoded, hopper
from tests.support.memory_files import MemoryFiles
from workers.videos.results import faces_of

pytestmark = pytest.mark.system

LFW = SHARED / "faces" / "lfw"
FRAMES = 6


@pytest.fixture(scope="module")
def recognizer(weights_dir: Path) -> Recognizer:
    return load_recognizer("dlib", weights_dir, announce=lambda line: None)


def filmed(picture: Image.Image, seed: str, share: float = 1.0) -> list[Image.Image]:
    """A picture as frames: moved, turned, blurred, brighter or darker, and smaller."""
    chance = random.Random(seed)  # noqa: S311
    return [_shaken(picture, chance, share) for _ in range(FRAMES)]


def _shaken(picture: Image.Image, chance: random.Random, share: float) -> Image.Image:
    off = (chance.uniform(-6, 6), chance.uniform(-6, 6))
    turned = picture.rotate(chance.uniform(-8, 8), Image.Resampling.BICUBIC, translate=off)
    scale = share * chance.uniform(0.9, 1.1)
    small = turned.resize((round(picture.width * scale), round(picture.height * scale)))
    blurred = small.filter(ImageFilter.GaussianBlur(chance.choice([0.0, 0.5, 1.0])))
    lit = ImageEnhance.Brightness(blurred).enhance(chance.uniform(0.75, 1.2))
    frame = Image.new("RGB", (360, 360), (110, 110, 110))
    frame.paste(lit, ((360 - lit.width) // 2, (360 - lit.height) // 2))
    return frame


def people_in(
    frames: Sequence[Image.Image | None], recognizer: Recognizer, gallery: Gallery
) -> list[str]:
    """The names of a video, half a second between its frames; None shows nothing."""
    seen = []
    for number, picture in enumerate(frames):
        found = recognizer.recognise(
            encoded(picture or Image.new("RGB", (360, 360)), "JPEG"), gallery
        )
        seen.append(
            SeenFrame(
                number=number, file=f"{number}.jpg", seconds=number / 2,
                faces=faces_of(found), model=found.model,
            )
        )  # fmt: skip
    named = named_frames(seen, gallery, DecisionSettings())
    return [person.name for person in merge(named).people]


def gallery_of(people: dict[str, list[bytes]], recognizer: Recognizer) -> Gallery:
    seen = {name: [recognizer.embed(one) for one in pictures] for name, pictures in people.items()}
    return add_examples(
        MemoryFiles(),
        recognizer.model,
        {name: [one.faces[0].embedding for one in found] for name, found in seen.items()},
    )


def test_a_known_person_is_named_and_a_stranger_is_not(recognizer: Recognizer) -> None:
    collins, stranger = (Image.fromarray(one).resize((300, 300)) for one in (astronaut(), hopper()))
    gallery = gallery_of({"Eileen Collins": [encoded(collins, "JPEG")]}, recognizer)

    assert people_in(filmed(collins, "a"), recognizer, gallery) == ["Eileen Collins"]
    assert people_in(filmed(stranger, "b"), recognizer, gallery) == []


def test_a_small_face_in_one_frame_names_nobody_and_in_all_of_them_somebody(
    recognizer: Recognizer,
) -> None:
    collins = Image.fromarray(astronaut()).resize((300, 300))
    gallery = gallery_of({"Eileen Collins": [encoded(collins, "JPEG")]}, recognizer)
    small = filmed(collins, "c", share=0.6)

    assert people_in([small[0], *[None] * 5], recognizer, gallery) == []
    assert people_in(small, recognizer, gallery) == ["Eileen Collins"]


@pytest.mark.skipif(not LFW.exists(), reason="../shared/faces/lfw is not here")
def test_strangers_videos_get_no_name_and_most_known_people_theirs(
    recognizer: Recognizer,
) -> None:
    """24 people with 3 examples; of each third a video of another picture; 12 strangers."""
    folders = sorted((LFW / "people").iterdir())[:24]
    pictures = {one.name: [p.read_bytes() for p in sorted(one.iterdir())] for one in folders}
    gallery = gallery_of({name: found[:3] for name, found in pictures.items()}, recognizer)
    known = {
        name: people_in(
            filmed(Image.open(io.BytesIO(pictures[name][5])), name), recognizer, gallery
        )
        for name in list(pictures)[::3]
    }
    strangers = [
        people_in(filmed(Image.open(path), path.name), recognizer, gallery)
        for path in sorted((LFW / "strangers").iterdir())[:12]
    ]

    assert sum(bool(names) for names in strangers) == 0
    assert sum(names == [name] for name, names in known.items()) >= 4
    assert all(names in ([], [name]) for name, names in known.items())
