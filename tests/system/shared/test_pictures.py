"""A picture in, a name out."""

from __future__ import annotations

import json

import httpx
import pytest
from PIL import Image

from tests.system.pictures import COLLINS, HOPPER, encoded, faceless, portrait
from tests.system.running import RunningSystem


@pytest.mark.parametrize("person", [COLLINS, HOPPER])
def test_a_sample_gets_its_name(system: RunningSystem, person: str) -> None:
    answer = system.post("someone.jpg", encoded(portrait(person), quality=95))

    assert (answer.status_code, answer.text) == (200, f"someone.jpg:{person}\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_the_printed_curl_line_posts_a_picture_that_is_there(system: RunningSystem) -> None:
    line = next(line for line in system.output.splitlines() if "curl -F" in line)
    name = line.split("inputFile=@")[1].split()[0]

    content = (system.var_dir / "samples" / name.rsplit("/", 1)[-1]).read_bytes()

    assert system.post("grace_hopper.jpg", content).text == f"grace_hopper.jpg:{HOPPER}\n"


def test_a_picture_without_a_face(system: RunningSystem) -> None:
    assert system.post("wall.png", faceless()).text == "wall.png:no face\n"


def rotated_by_exif(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side, to be turned by 90 degrees
    return encoded(image.rotate(90, expand=True), exif=exif)


def sixteen_bit(image: Image.Image) -> bytes:
    grey = image.convert("L")
    return encoded(Image.frombytes("I;16", grey.size, bytes(
        byte for value in grey.tobytes() for byte in (0, value))), "PNG")  # fmt: skip


def animated(image: Image.Image) -> bytes:
    frames = [image, Image.new("RGB", image.size)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


SHAPES = {
    "grey.jpg": lambda p: encoded(p.convert("L")),
    "rgba.png": lambda p: encoded(p.convert("RGBA"), "PNG"),
    "cmyk.jpg": lambda p: encoded(p.convert("CMYK")),
    "palette.png": lambda p: encoded(p.convert("P"), "PNG"),
    "sixteen-bit.png": sixteen_bit,
    "exif-rotated.jpg": rotated_by_exif,
    "animated.gif": animated,
    "picture.webp": lambda p: encoded(p, "WEBP"),
    "picture.bmp": lambda p: encoded(p, "BMP"),
    "picture.tiff": lambda p: encoded(p, "TIFF"),
    "progressive.jpg": lambda p: encoded(p, progressive=True),
    "name-lies.png": encoded,
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_kind_of_picture_is_recognised(system: RunningSystem, name: str) -> None:
    answer = system.post(name, SHAPES[name](portrait(HOPPER)))

    assert answer.text == f"{name}:{HOPPER}\n"


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("a:b.png", "a_b.png"),
        ("../../up.png", "up.png"),
        ("x" * 300 + ".png", "x" * 196 + ".png"),
        ("Zoë Ω.png", "Zoë Ω.png"),
    ],
)
def test_file_names_are_answered_safely(system: RunningSystem, sent: str, answered: str) -> None:
    answer = system.post(sent, faceless())

    assert answer.text == f"{answered}:no face\n"
    assert answer.text.count(":") == 1


def test_control_characters_in_a_file_name_are_dropped(system: RunningSystem) -> None:
    name = "a\u202eb\u0007c.png"
    body = (
        b'--B\r\nContent-Disposition: form-data; name="inputFile"; filename="'
        + name.encode()
        + b'"\r\nContent-Type: image/png\r\n\r\n'
        + faceless()
        + b"\r\n--B--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=B"}

    answer = httpx.post(system.url, content=body, headers=headers, timeout=120)

    assert answer.text == "abc.png:no face\n"


def half_a_portrait() -> bytes:
    picture = encoded(portrait(HOPPER))
    return picture[: len(picture) // 2]


def blank(side: int) -> bytes:
    return encoded(Image.new("1", (side, side)), "PNG")


BAD = {  # made when they are sent: a large one takes a second
    "text": (lambda: b"I am no picture", 415),
    "truncated": (half_a_portrait, 422),
    "empty": (lambda: b"", 400),
    "header only": (lambda: encoded(portrait(HOPPER))[:20], 400),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
    "over the limit of bytes": (lambda: b"\xff\xd8" + bytes(11 * 2**20), 413),
    "over the limit of pixels": (lambda: blank(15_000), 413),
    "a bomb": (lambda: blank(30_000), 413),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_refused_in_one_sentence(system: RunningSystem, kind: str) -> None:
    make, status = BAD[kind]

    answer = system.post("bad.jpg", make())

    assert answer.status_code == status, answer.text
    assert answer.text.strip()
    assert "Traceback" not in answer.text
    assert len(answer.text.splitlines()) == 1


def test_forms_that_are_not_ours_are_refused(system: RunningSystem) -> None:
    picture = ("a.png", faceless())
    requests = [
        {"files": {"other": picture}},
        {"files": [("inputFile", picture), ("inputFile", picture)]},
        {"files": [("inputFile", picture)] * 12},
        {"data": {"inputFile": "text"}},
        {"content": faceless(), "headers": {"Content-Type": "image/png"}},
        {"content": b"--", "headers": {"Content-Type": "multipart/form-data; boundary="}},
        {"content": b""},
    ]
    for request in requests:
        answer = httpx.post(system.url, timeout=300, **request)  # type: ignore[arg-type]
        assert answer.status_code == 400, (request, answer.text)
        assert len(answer.text.splitlines()) == 1, answer.text


def test_other_methods_are_refused(system: RunningSystem) -> None:
    assert httpx.put(system.url, timeout=120).status_code == 405


def test_the_answer_is_in_the_history_and_in_the_bucket(system: RunningSystem) -> None:
    answer = system.post("kept.jpg", encoded(portrait(HOPPER), quality=91))

    job = system.get(answer.headers["location"]).json()
    body = system.aws("s3").get_object(Bucket="faceweb-out-bucket", Key="kept")["Body"].read()

    assert body == HOPPER.encode()
    assert (job["state"], job["result"], job["filename"]) == ("succeeded", HOPPER, "kept.jpg")
    assert job["instance"]
    assert job["faces"][0]["identity"] == HOPPER
    assert list(job["times"]) == ["accepted", "queued", "started", "finished", "answered"]
    del job["times"]["queued"]  # noted when the queue has it, and a worker may have begun
    assert sorted(job["times"].values()) == list(job["times"].values())
    assert "embedding" not in json.dumps(job)


def test_a_job_that_is_not_there(system: RunningSystem) -> None:
    answer = system.get("jobs/00000000-0000-0000-0000-000000000000")

    assert answer.status_code == 404
    assert "no job" in answer.json()["error"]


def test_health_names_every_part(system: RunningSystem) -> None:
    answer = system.get("healthz")

    assert answer.status_code == 200
    assert set(answer.json()["parts"].values()) == {"ok"}


def test_the_page_shows_the_latest_answers(system: RunningSystem) -> None:
    system.post("on-the-page.png", faceless(3))

    page = system.get()

    assert page.status_code == 200
    assert "on-the-page.png" in page.text
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert system.get(style.removeprefix("/")).status_code == 200


def test_the_administrator_can_log_in_with_the_printed_password(system: RunningSystem) -> None:
    password = system.output.split("password ")[1].split(":")[0]
    with httpx.Client(base_url=system.url, follow_redirects=True, timeout=120) as browser:
        page = browser.get("admin/login/")
        token = page.text.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
        form = {"username": "admin", "password": password, "csrfmiddlewaretoken": token}
        browser.post("admin/login/?next=/admin/", data=form, headers={"Referer": system.url})

        assert "Jobs" in browser.get("admin/").text
        assert browser.get("admin/faceweb/job/").status_code == 200
