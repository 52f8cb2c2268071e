"""Three teams with keys of their own on one system: what each sees of the others, which is nothing.

`.venv/bin/python -m pytest -s tests/system/guarded/test_teams.py` prints what each saw.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass

import httpx
import pytest

from foundation.config import PROJECT_DIRECTORY
from tests.system.pictures import COLLINS, HOPPER, encoded, portrait, variant
from tests.system.running import RunningSystem

NAMES = ("red", "green", "blue")
PASSWORD = "a-long-enough-secret"
MAKE_USER = (
    "from django.contrib.auth.models import User; "
    "User.objects.create_user({!r}, password={!r}, is_staff=True)"
)


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team as its members and programs see the system."""

    name: str
    system: RunningSystem
    api: httpx.Client
    browser: httpx.Client
    job: str = ""

    def sees(self, path: str) -> str:
        return self.api.get(f"api/v1/{path}").text

    def page(self, path: str) -> str:
        answer = self.browser.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text


@pytest.fixture(scope="module")
def teams(guarded: RunningSystem) -> dict[str, Team]:
    return {name: _made(name, guarded) for name in NAMES}


def faces(system: RunningSystem, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "faces", *words, "--json"],
        cwd=PROJECT_DIRECTORY, env=system.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def _made(name: str, system: RunningSystem) -> Team:
    """A team with a collection, a person and a picture of theirs, and a member."""
    faces(system, "teams", "make", name)
    may = [f"--may={one}" for one in ("recognise", "subjects", "collections", "fleet")]
    key = json.loads(faces(system, "keys", "make", name, "--team", name, *may))["key"]
    system.manage("shell", "-c", MAKE_USER.format(f"{name}-owner", PASSWORD))
    faces(system, "teams", "add", name, f"{name}-owner", "--role", "owner")
    api = httpx.Client(base_url=system.url, headers={"X-API-Key": key}, timeout=120)
    browser = httpx.Client(base_url=system.url, follow_redirects=True, timeout=120)
    _log_in(browser, f"{name}-owner")
    picture = encoded(portrait(COLLINS))
    api.post("api/v1/collections", json={"name": "staff"}).raise_for_status()
    enrolled = api.post(
        "api/v1/subjects", data={"name": f"Eileen of {name}"}, files={"picture": picture}
    )
    assert enrolled.status_code == 201, enrolled.text
    sent = {"picture": (f"{name}.jpg", variant(COLLINS, len(name)))}
    job = api.post("api/v1/recognise", files=sent).json()
    assert job["result"] == f"Eileen of {name}", job
    return Team(name=name, system=system, api=api, browser=browser, job=job["id"])


def _log_in(browser: httpx.Client, user: str) -> None:
    form = browser.get("admin/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token is not None
    browser.post(
        "admin/login/",
        data={"csrfmiddlewaretoken": token[1], "username": user, "password": PASSWORD},
        headers={"Referer": str(browser.base_url)},
    )


def others(one: Team, teams: dict[str, Team]) -> list[Team]:
    return [team for team in teams.values() if team is not one]


@pytest.mark.parametrize("name", NAMES)
def test_a_key_sees_its_team_alone(teams: dict[str, Team], name: str) -> None:
    one = teams[name]
    print(f"\n{name}'s key:")
    for path in ("jobs", "subjects", "collections", "videos"):
        told = one.sees(path)
        named = sorted(set(re.findall(r"\b(red|green|blue)\b", told)))
        print(f"  GET /api/v1/{path:<12} names of teams in the answer: {named or 'none'}")
        assert set(named) <= {name}
    for other in others(one, teams):
        status = one.api.get(f"api/v1/jobs/{other.job}").status_code
        print(f"  GET /api/v1/jobs/<a job of {other.name}>: {status}")
        assert status == 404
    searched = one.api.post("api/v1/search", files={"picture": encoded(portrait(COLLINS))}).json()
    print(f"  POST /api/v1/search, a face that all three know: {len(searched['faces'])} found")
    found = [one.api.get(f"api/v1/jobs/{face['job']}").status_code for face in searched["faces"]]
    assert found and set(found) == {200}
    stranger = one.api.post("api/v1/recognise", files={"picture": encoded(portrait(HOPPER))})
    assert stranger.json()["result"] == "unknown"


@pytest.mark.parametrize("name", NAMES)
def test_pages_show_a_member_their_team_alone(teams: dict[str, Team], name: str) -> None:
    one = teams[name]
    print(f"\n{name}'s owner:")
    for path in ("people", "history", "unknown", "videos"):
        shown = one.page(path)
        named = sorted(
            set(re.findall(r"\b(red|green|blue)(?:\.jpg|-owner)|of (red|green|blue)\b", shown))
        )
        found = {word for pair in named for word in pair if word}
        print(f"  the page /{path:<10} names of teams on it: {sorted(found) or 'none'}")
        assert found <= {name}
    for other in others(one, teams):
        status = one.browser.get(f"jobs/{other.job}", headers={"Accept": "text/html"}).status_code
        print(f"  the page of a job of {other.name}: {status}")
        assert status == 404


def test_each_collection_has_a_folder_in_every_bucket(teams: dict[str, Team]) -> None:
    one = teams["red"]
    s3 = one.system.aws("s3")
    mine = {
        team.name: json.loads(team.sees("collections"))["collections"][0]["id"]
        for team in teams.values()
    }
    print()
    for bucket in ("in-bucket", "out-bucket", "gallery"):
        keys = [
            entry["Key"] for entry in s3.list_objects_v2(Bucket=f"faceweb-{bucket}")["Contents"]
        ]
        for name, collection in mine.items():
            own = [key for key in keys if key.startswith(f"collections/{collection}/")]
            print(f"  s3://faceweb-{bucket:<10} of {name}: {len(own)} objects in its own folder")
            assert own
            assert not [key for key in keys if name in key and key not in own]
    named = {
        "picture": {"bucket": "faceweb-in-bucket", "key": f"collections/{mine['blue']}/blue.jpg"}
    }
    refused = one.api.post("api/v1/recognise", json=named)
    print(f"  red names a picture of blue by its key: {refused.status_code}")
    assert refused.status_code == 422


@pytest.mark.parametrize("name", NAMES)
def test_metrics_are_of_the_team_alone(teams: dict[str, Team], name: str) -> None:
    told = teams[name].api.get("metrics").text
    print(f"\n{name}'s GET /metrics:", *sorted(set(re.findall(r'team="\w+"', told))))

    assert set(re.findall(r'team="(\w+)"', told)) == {name}
    assert "faceweb_queue_messages" not in told


def test_a_member_is_taken_out_again_and_the_last_owner_stays(teams: dict[str, Team]) -> None:
    system = teams["red"].system
    faces(system, "teams", "add", "red", "blue-owner")

    taken = json.loads(faces(system, "teams", "remove", "red", "blue-owner", "--yes"))
    last = said(system, "teams", "remove", "red", "red-owner", "--yes")
    unanswered = said(system, "teams", "remove", "red", "red-owner")
    nobody = said(system, "teams", "remove", "red", "blue-owner", "--yes")

    assert taken == {"team": "red", "user": "blue-owner", "removed": True}
    assert "red-owner is the only owner of red" in last
    assert "Take red-owner out of red?" in unanswered
    assert nobody == "faces: 'blue-owner' is not in red: `faces teams list` shows who is.\n"
    [red] = [one for one in json.loads(faces(system, "teams", "list")) if one["name"] == "red"]
    assert red["members"] == {"red-owner": "owner"}


def said(system: RunningSystem, *words: str) -> str:
    """What a command that fails says."""
    done = subprocess.run(
        [sys.executable, "-m", "faces", *words],
        cwd=PROJECT_DIRECTORY, env=system.environment, capture_output=True, text=True, input="",
    )  # fmt: skip
    assert done.returncode == 1
    return done.stderr
