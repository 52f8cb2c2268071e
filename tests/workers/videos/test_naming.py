"""Videos that would write to the same results, and videos that ask for something."""

from __future__ import annotations

import json

import pytest

from recognition.video.plan import FramePlan
from tests.support import videos
from tests.workers.videos.memory_objects import MemoryObjects
from tests.workers.videos.test_chain import IN, NAMES, OUT, STAGE, ByNumber, Chain
from workers.videos.layout import ObjectRef, sent_key
from workers.videos.naming import claimed_name, known_name
from workers.videos.splitting import split_video
from workers.videos.video_options import CELERY, VideoOptions, options_of


def claim(key: str, objects: MemoryObjects) -> str:
    return claimed_name(key, objects, NAMES)


def test_the_first_video_gets_the_contracts_name_and_another_a_suffix() -> None:
    objects = MemoryObjects()

    assert claim("a/v.mp4", objects) == "a/v"
    assert claim("a/v.mov", objects) == "a/v-mov"
    assert claim("a/v-mov.mp4", objects) == "a/v-mov-mp4"
    assert claim("b/v.mov", objects) == "b/v"


def test_a_video_keeps_its_name_however_often_it_is_asked_for() -> None:
    objects = MemoryObjects()
    names = {key: claim(key, objects) for key in ("v.mp4", "v.mov", "v", "w.mp4")}

    assert len(set(names.values())) == 4
    assert {key: claim(key, objects) for key in reversed(list(names))} == names
    assert {key: known_name(key, objects, NAMES) for key in names} == names


@pytest.mark.parametrize("plan", [FramePlan(), FramePlan(frames=3)])
def test_videos_that_differ_by_extension_have_results_of_their_own(plan: FramePlan) -> None:
    chain = Chain(plan)
    chain.split("v.mp4", videos.shades(30))
    chain.split("v.mov", videos.shades(3))
    chain.split("v.avi", b"no video")
    for frame in chain.frames():
        chain.recognise(frame)

    texts = [key for key in chain.objects.keys(OUT) if key.endswith(".txt")]
    assert texts == ["v-mov.txt", "v.txt"]
    assert chain.output("v-avi.error.json")["source"] == "v.avi"
    if not plan.only_first:
        assert chain.output("v-mov.json")["video"] == "v.mov"
        assert chain.output("v.json")["video"] == "v.mp4"


def put(chain: Chain, key: str, options: VideoOptions) -> int:
    source = ObjectRef(bucket=IN, key=key)
    chain.objects.put(source, videos.shades(30), "video/mp4", options.as_metadata())
    return split_video(source, chain.objects, chain.splitting, lambda: False)


def test_a_video_may_ask_for_other_frames_than_are_configured() -> None:
    chain = Chain(FramePlan())

    assert put(chain, "v.mp4", VideoOptions(plan=FramePlan(frames=4))) == 4
    for frame in chain.frames():
        chain.recognise(frame)

    assert len(json.loads(chain.objects.text(OUT, "v.json"))["frames"]) == 4


def test_a_collections_video_is_named_by_its_gallery_and_its_threshold() -> None:
    recogniser = ByNumber({range(30): "Ann"})
    chain = Chain(FramePlan(frames=2), recogniser)
    key = sent_key("1", "0123456789ab")

    put(chain, key, VideoOptions(threshold=0.25))
    for frame in chain.frames():
        chain.recognise(frame)

    assert recogniser.asked == {(0.25, "0123456789ab")}
    assert json.loads(chain.objects.text(OUT, f"{key}.json"))["answer"] == "Ann"
    assert chain.objects.keys(NAMES) == []


def test_a_video_for_the_app_tier_is_left_to_it() -> None:
    chain = Chain(FramePlan())

    assert put(chain, sent_key("1"), VideoOptions(backend=CELERY)) == 0

    assert chain.objects.keys(STAGE) == chain.objects.keys(OUT) == []


def test_a_dropped_video_that_asks_for_the_app_tier_is_refused_in_words() -> None:
    chain = Chain(FramePlan())

    assert put(chain, "v.mp4", VideoOptions(backend=CELERY)) == 0

    error = json.loads(chain.objects.text(OUT, "v.error.json"))
    assert error["error"] == "WrongBackEnd"
    assert "POST /videos" in error["message"]


def test_a_video_that_was_sent_needs_no_claim_on_its_name() -> None:
    chain = Chain(FramePlan())

    assert put(chain, sent_key("1"), VideoOptions(plan=FramePlan(frames=2))) == 2

    assert chain.objects.keys(STAGE) == [f"{sent_key('1')}/output-0{n}.jpg" for n in range(2)]
    assert chain.objects.keys(NAMES) == []


def test_a_frame_of_the_app_tier_is_left_to_it() -> None:
    chain = Chain(FramePlan())
    metadata = VideoOptions(backend=CELERY).as_metadata()
    chain.objects.put(ObjectRef(bucket=STAGE, key="v.jpg"), b"x", "image/jpeg", metadata)

    assert chain.recognise("v.jpg") == "left to others"
    assert chain.objects.keys(OUT) == []


@pytest.mark.parametrize(
    "options",
    [
        VideoOptions(),
        VideoOptions(plan=FramePlan(frames=7)),
        VideoOptions(plan=FramePlan(interval_seconds=0.5), backend=CELERY),
        VideoOptions(plan=FramePlan(frames=3, interval_seconds=2.0)),
    ],
)
def test_options_survive_as_metadata(options: VideoOptions) -> None:
    assert options_of(options.as_metadata()) == options


@pytest.mark.parametrize("value", ["", "-3", "nan", "inf", "many", "0"])
def test_options_that_make_no_sense_are_none(value: str) -> None:
    assert options_of({"frames": value, "interval-seconds": value}) == VideoOptions()


def test_more_frames_than_are_allowed_are_cut() -> None:
    assert options_of({"frames": "1e9"}).plan == FramePlan(frames=1000)
