"""Errors are one sentence with the next step."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.core.management import call_command
from django.core.management.base import CommandError

from faces.__main__ import faces
from faces.commands.running import _in_words
from faces.errors import FOR_PEOPLE, Problem, translate_errors
from faces.system import url_of
from foundation.local_state import state_problems
from foundation.local_state.running_system import PROJECT_DIRECTORY
from localcloud.system.ports import free_port
from tests.support.factories import picture_bytes


def run(*words: str) -> Result:
    return CliRunner().invoke(faces, words)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "a.jpg"
    path.write_bytes(picture_bytes())
    return str(path)


@pytest.mark.parametrize("words", [("status",), ("open",), ("send",), ("compare",)])
def test_nobody_listens(words: tuple[str, ...], picture: str) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    pictures = {"send": [picture], "compare": [picture, picture]}.get(words[0], [])

    refused = run(*words, *pictures, "--url", url)

    assert refused.exit_code == 1
    assert refused.output == f"faces: nothing listens at {url}: is `make run` running?\n"


class OtherServer(BaseHTTPRequestHandler):
    """Refuses pictures in the words of its address; answers pages that are not ours."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        detail = "The picture has no face." if self.path == "/refuses/" else ""
        self.send_response(422 if detail else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"detail": detail}).encode())

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>a page of somebody else</html>")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def other_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), OtherServer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_system_that_asks_for_a_key(picture: str, other_server: str) -> None:
    refused = run("send", picture, "--url", other_server)

    assert refused.exit_code == 1
    assert "make one there with `faces keys make NAME`" in refused.output


def test_a_refused_picture_is_named_with_the_reason(picture: str, other_server: str) -> None:
    refused = run("send", picture, "--url", f"{other_server}/refuses")

    assert refused.exit_code == 1
    assert refused.output == f"{picture}: The picture has no face.\n"


def test_another_server_is_told_apart(other_server: str) -> None:
    refused = run("status", "--url", other_server)

    assert refused.exit_code == 1
    assert "is not from this system" in refused.output


def test_without_instances_the_next_picture_starts_a_worker() -> None:
    """Mostly a function, which needs no boot."""
    queue = {"visible": 0, "in_flight": 0}
    told = _in_words({
        "url": "http://a/", "status": "ready", "problems": {}, "people": 2, "model": None,
        "queues": {"request": queue, "dead_letter": queue}, "instances": {},
    })  # fmt: skip

    assert "instances  none: the next picture starts a worker" in told


@pytest.mark.system
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["status"], "MAX_MEGAPIXELS='lots'"),
        (["config"], "MAX_MEGAPIXELS='lots'"),
        (["doctor"], "problem  settings           MAX_MEGAPIXELS='lots'"),
    ],
)
def test_wrong_settings_are_named(words: list[str], said: str, tmp_path: Path) -> None:
    if words == ["status"]:
        words = ["status", "--watch"]
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "MAX_MEGAPIXELS": "lots"}

    refused = subprocess.run(
        [sys.executable, "-m", "faces", *words], cwd=PROJECT_DIRECTORY, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert refused.returncode == 1
    assert said in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_full_disk_is_told_whatever_failed_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_problems, "LEAST_FREE_BYTES", 1 << 62)

    with pytest.raises(Problem, match="The disk is full"), translate_errors():
        raise CommandError("The database can't be used (database or disk is full).")


def test_a_missing_file_is_named_without_a_number(tmp_path: Path) -> None:
    missing = tmp_path / "a.faces"

    with pytest.raises(Problem, match=f"^{missing}: No such file or directory$"):  # noqa: SIM117
        with translate_errors():
            missing.read_bytes()
    with pytest.raises(CommandError, match=f"^{missing}: No such file or directory$"):
        call_command("loadtest", str(missing))


@pytest.mark.parametrize(("module", "name"), FOR_PEOPLE)
def test_sentences_of_the_product_are_told_as_they_are(module: str, name: str) -> None:
    error = getattr(importlib.import_module(module), name)

    with pytest.raises(Problem, match=r"^There is one already\.$"), translate_errors():
        raise error("There is one already.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command 'nonsense'. `faces --help` tells how."),
        (["keys", "make"], "Missing argument 'NAME'. `faces keys make --help` tells how."),
        (["send", "no.jpg"], "File 'no.jpg' does not exist. `faces send --help` tells how."),
        (["status", "--speed"], "No such option '--speed'. `faces status --help` tells how."),
    ],
)
def test_wrong_words_are_one_sentence(words: list[str], said: str) -> None:
    refused = CliRunner().invoke(faces, words, prog_name="faces")

    assert refused.exit_code == 2
    assert refused.output.startswith("faces: ") and refused.output.endswith(f"{said}\n")
    assert refused.output.count("\n") == 1


@pytest.mark.system
@pytest.mark.parametrize("words", [["keys", "list"], ["reset-password"], ["backup", "a.faces"]])
def test_a_database_that_is_not_made_yet_is_not_made_by_asking(
    words: list[str], tmp_path: Path
) -> None:
    environment = {**os.environ, "VAR_DIR": str(tmp_path / "var")}
    environment.pop("DATABASE_URL", None)

    refused = subprocess.run(
        [sys.executable, "-m", "faces", *words], cwd=PROJECT_DIRECTORY, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert refused.returncode == 1
    assert refused.stderr.startswith("faces: There is no database yet")
    assert not list((tmp_path / "var").glob("*.sqlite3"))


@pytest.mark.parametrize(
    ("given", "environment", "url"),
    [
        (None, {}, "http://127.0.0.1:8000/"),
        (None, {"PORT": "9000"}, "http://127.0.0.1:9000/"),
        (None, {"HOST": "::", "PORT": "80"}, "http://127.0.0.1:80/"),
        ("https://faces.example", {"PORT": "9000"}, "https://faces.example/"),
    ],
    ids=["default", "port", "all addresses", "given"],
)
def test_where_the_system_is(
    given: str | None, environment: dict[str, str], url: str, tmp_path: Path
) -> None:
    assert url_of(given, {"VAR_DIR": str(tmp_path), **environment}) == url
