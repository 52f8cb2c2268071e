"""CompreFace's own clients, unchanged, against a running system; and a move from one to another."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from faceweb.compreface.moving import Progress
from tests.system.environments import install_into, new_environment
from tests.system.pictures import COLLINS, HOPPER, faceless, variant
from tests.system.running import RunningSystem

CALLS = Path(__file__).with_name("compreface_sdk_calls.py")
NODE_CALLS = CALLS.with_suffix(".mjs")
ALIKE = 0.5
"""The similarity at the threshold."""


@pytest.fixture(scope="module")
def home(expendable: RunningSystem) -> RunningSystem:
    erase_everybody(expendable)
    return expendable


def erase_everybody(running: RunningSystem) -> None:
    """Nobody is known but who the test adds: the samples show the same people."""
    address = f"{running.url}api/v1/subjects"
    while people := httpx.get(address, timeout=120).json()["subjects"]:
        for person in people:
            httpx.delete(f"{address}/{person['id']}", timeout=120)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "ann.jpg").write_bytes(variant(COLLINS, 1))
    (folder / "again.jpg").write_bytes(variant(COLLINS, 40))
    (folder / "bob.jpg").write_bytes(variant(HOPPER, 2))
    (folder / "nobody.png").write_bytes(faceless())
    return folder


@pytest.fixture(scope="module")
def key(home: RunningSystem) -> str:
    return home.key("recognise", "subjects", "embeddings")


def installed(command: list[str], folder: Path, what: str) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    if ended.returncode:
        pytest.skip(f"{what} could not be installed: {ended.stderr[-300:]}")


@pytest.fixture(scope="module")
def python_with_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the client as PyPI has it, and with what it was written for."""
    folder = tmp_path_factory.mktemp("sdk")
    python = new_environment(folder)
    wanted = ("compreface-sdk==0.6.0", "requests==2.31.0", "urllib3==1.26.20")
    installed(install_into(python, *wanted), folder, "compreface-sdk")
    return python


def test_every_call_of_the_client_for_python_works(
    home: RunningSystem, key: str, pictures: Path, python_with_sdk: Path
) -> None:
    files = [str(pictures / name) for name in ("ann.jpg", "again.jpg", "bob.jpg", "nobody.png")]
    ended = subprocess.run(
        [str(python_with_sdk), str(CALLS), "http://127.0.0.1", str(home.port), key, *files],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    told = json.loads(ended.stdout)

    no_face = {"code": 28, "message": "No face is found in the given image"}
    assert told["subject added"] == {"subject": "Ann Example"}
    assert told["subject added twice"] == {"code": 43, "message": "Subject already exists"}
    assert told["expected"] == {"subjects": ["Ann Example"]}
    assert told["face added"]["subject"] == "Ann Example"
    assert told["no face added"] == told["nobody"] == told["not detected"] == no_face
    assert told["faces"]["total_elements"] == 2
    assert told["faces"]["faces"] == [told["face added"], told["other added"]]
    [face] = told["recognised"]["result"]
    assert [one["subject"] for one in face["subjects"]] == ["Ann Example", "Bob Example"]
    assert face["subjects"][0]["similarity"] > ALIKE > face["subjects"][1]["similarity"]
    assert face["execution_time"].keys() == {"detector", "calculator"}
    check_plugins(told["with plugins"])
    check_plugins(told["detected"])
    assert told["verified"]["result"][0]["face_matches"][0]["similarity"] > ALIKE
    assert told["different"]["result"][0]["face_matches"][0]["similarity"] < ALIKE
    assert told["beside stored"]["result"][0]["similarity"] > ALIKE
    assert told["renamed"] == told["merged"] == {"updated": True}
    assert told["renamed nobody"]["code"] == 42
    assert {one["subject"] for one in told["after merging"]["faces"]} == {"Ann Example"}
    assert told["face deleted"] == told["face added"]
    assert told["face deleted twice"]["code"] == 44
    assert told["faces deleted"] == {"deleted": 1}
    assert told["empty"]["faces"] == []
    assert told["subject stays"] == {"subjects": ["Ann Example"]}
    assert told["subject deleted"] == {"subject": "Ann Example"}
    assert told["subject deleted twice"]["code"] == 42
    assert told["all deleted"] == {"deleted": 1}
    assert told["begin"] == told["end"] == {"subjects": []}


def check_plugins(answer: dict[str, Any]) -> None:
    """One face with its plugins; age, gender and mask are left out, as where they are not built."""
    [face] = answer["result"]
    assert {"box", "embedding", "landmarks"} <= face.keys()
    assert not face.keys() & {"age", "gender", "mask"}
    assert len(face["embedding"]) >= 128 and len(face["landmarks"]) == 5
    assert face["box"]["x_min"] < face["landmarks"][2][0] < face["box"]["x_max"]
    assert {"detector", "calculator", "landmarks"} <= answer["plugins_versions"].keys()


@pytest.fixture
def served(pictures: Path) -> Iterator[int]:
    """The pictures by HTTP: the client fetches an address itself."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(pictures))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_every_call_of_the_client_for_javascript_works(
    home: RunningSystem, key: str, pictures: Path, served: int, tmp_path: Path
) -> None:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    package = "@exadel/compreface-js-sdk@1.0.0"
    installed(["npm", "install", "--no-audit", "--no-fund", "--omit=dev", package], tmp_path, "it")
    shutil.copytree(pictures, tmp_path, dirs_exist_ok=True)
    shutil.copy(NODE_CALLS, tmp_path / "calls.mjs")

    ended = subprocess.run(
        ["node", "calls.mjs", "http://127.0.0.1", str(home.port), key],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
        env={**home.environment, "PICTURES_PORT": str(served)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    told = json.loads(ended.stdout)

    assert told["subjectAdded"] == {"subject": "Ann Example"}
    assert told["faceAdded"]["subject"] == told["byAddress"]["subject"] == "Ann Example"
    assert told["faces"]["total_elements"] == 3
    [face] = told["recognised"]["result"]
    assert face["subjects"][0]["subject"] == "Ann Example"
    assert len(face["embedding"]) >= 128
    assert told["base64Recognised"]["result"][0]["subjects"][0]["similarity"] > ALIKE
    assert (told["nobody"]["status"], told["nobody"]["code"]) == (400, 28)
    assert len(told["detected"]["result"]) == 1
    assert told["verified"]["result"][0]["face_matches"][0]["similarity"] > ALIKE
    assert told["base64Verified"]["result"][0]["face_matches"][0]["similarity"] > 0.99
    assert told["besideStored"]["result"][0]["similarity"] > ALIKE
    assert told["renamed"] == {"updated": True}
    assert told["deleted"]["subject"] == "Ann Example"
    assert [one["subject"] for one in told["severalDeleted"]] == ["Bobby"]
    assert told["allOfOneDeleted"] == {"deleted": 1}
    assert told["allDeleted"] == {"deleted": 0}
    assert told["subjectDeleted"] == {"subject": "Bobby"}
    assert told["everybodyDeleted"] == {"deleted": 1}
    assert told["begin"] == told["end"] == {"subjects": []}


@contextmanager
def recorded(home: RunningSystem, key: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A CompreFace that answers what this product's own answered: its address, and its images."""
    headers, path = {"x-api-key": key}, "/api/v1/recognition"

    def asked(what: str) -> bytes:
        address = f"http://127.0.0.1:{home.port}{path}/{what}"
        return httpx.get(address, headers=headers, timeout=120).raise_for_status().content

    listed = asked("faces?page=0&size=100")
    images: list[dict[str, str]] = json.loads(listed)["faces"]
    answers = {f"{path}/subjects": asked("subjects"), f"{path}/faces?page=0&size=100": listed}
    for image in images:
        what = f"faces/{image['image_id']}/img"
        answers[f"{path}/{what}"] = asked(what)

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["x-api-key"] == key and self.path in answers
            body = answers[self.path] if known else b'{"message": "not found", "code": 10}'
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", images
    server.shutdown()
    server.server_close()


def test_people_move_here_and_the_move_goes_on_where_it_was(
    home: RunningSystem, key: str, pictures: Path
) -> None:
    """The source's answers are this product's own. What is noted as done is passed over."""
    headers, address = {"x-api-key": key}, f"{home.url}api/v1/recognition"
    for name, picture in (("Ann", "ann.jpg"), ("Ann", "again.jpg"), ("Bob", "bob.jpg")):
        files = {"file": (pictures / picture).read_bytes()}
        added = httpx.post(
            f"{address}/faces?subject={name}", files=files, headers=headers, timeout=120
        )
        assert added.status_code == 201, added.text
    httpx.post(f"{address}/subjects", json={"subject": "Carl"}, headers=headers, timeout=120)

    with recorded(home, key) as (source, images):
        erased = httpx.delete(f"{address}/subjects", headers=headers, timeout=120)
        Progress(home.var_dir, source).note([images[0]["image_id"]])
        moved = home.manage("importcompreface", source, key)
        again = home.manage("importcompreface", source, key)
        wrong = home.manage("importcompreface", source, "wrong")
    people = httpx.get(f"{home.url}api/v1/subjects", timeout=120).json()["subjects"]

    assert erased.json() == {"deleted": 3}
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert "2 pictures of 2 people moved, 0 were here already, 0 left out" in moved.stdout
    assert "1 subjects have no picture" in moved.stdout
    assert "1 pictures of 1 people moved, 2 were here already" in again.stdout
    assert "answered 404 (not found): are address and key right?" in wrong.stderr
    assert {one["name"]: one["examples"] for one in people} == {"Ann": 2, "Bob": 1}
