"""reid-0095 among the contenders: from a file that the user names."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.recogniser.contenders import REID, contenders
from benchmarks.recogniser.reid import write_reid
from recognition.errors import WeightsMissing
from recognition.registry import models
from recognition.registry.exported import missing_nets, nets_of
from recognition.weights.finding import cached_files
from tests.conftest import SHARED


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"no\.xml and its \.bin are not there"):
        write_reid(tmp_path / "no.xml", tmp_path, tmp_path)


def test_each_contender_that_needs_it_is_a_model_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_own", {})
    xml = SHARED / "models/reid0095.xml"
    detector = cached_files(tuple(models.DETECTORS["mtcnn"].values()), tmp_path)
    if not xml.exists() or detector is None:
        pytest.skip(f"{xml} is not there, or no weights of MTCNN")
    monkeypatch.setitem(models.DETECTORS, "yunet", {})

    folder = write_reid(xml, tmp_path, tmp_path)

    for kind in (each.kind for each in contenders(2) if each.kind.startswith(REID)):
        assert missing_nets(nets_of(kind, runtime="native"), folder) == []
