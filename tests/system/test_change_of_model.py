"""`manage.py changemodel` beside a running system, whose workers go on answering."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recognition.__main__ import main
from tests.system.pictures import COLLINS, HOPPER, variant
from tests.system.running import RunningSystem


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[RunningSystem]:
    running = RunningSystem(tmp_path / "var")
    try:
        yield running.start()
    finally:
        running.stop()


def test_the_sample_people_are_carried_over(own_system: RunningSystem, tmp_path: Path) -> None:
    if own_system.default_model == "dlib":
        pytest.skip("SFace can't be fetched here, so there is no second model to change from")
    people, imported = tmp_path / "people", tmp_path / "imported"
    (people / "Imported").mkdir(parents=True)
    (people / "Imported" / "1.jpg").write_bytes(variant(COLLINS, 70))
    weights = str(own_system.var_dir / "weights")
    assert main(["enrol", str(people), "--gallery", str(imported), "--weights", weights]) == 0
    assert own_system.manage("importgallery", str(imported)).returncode == 0

    refused = own_system.manage("changemodel", "dlib")
    assert refused.returncode == 1 and "give --yes" in refused.stderr
    assert "Imported can't be carried over" in refused.stdout
    assert own_system.get("api/v1/gallery").json()["model"] == "sface"

    changed = own_system.manage("changemodel", "dlib", "--yes")
    assert changed.returncode == 0, changed.stderr
    gallery = own_system.get("api/v1/gallery").json()
    assert (gallery["model"], gallery["people"]) == ("dlib", 2)
    for number, name in enumerate((HOPPER, COLLINS)):
        answer = own_system.post(f"{number}.jpg", variant(name, 40 + number))
        assert answer.text.strip() == f"{number}.jpg:{name}"
    jobs = own_system.get("api/v1/jobs").json()["jobs"]
    assert jobs[0]["model"] == "dlib"
