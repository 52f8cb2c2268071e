"""A backup holds everything, also while others write; a restored system is the same again."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, transaction
from django.utils import timezone

from faceweb.access.callers import issue_key
from faceweb.backup import archive, objects, tables
from faceweb.backup.archive import BackupRefused
from faceweb.backup.saving import back_up, restore
from faceweb.models import ApiKey, IdempotentAnswer, Job, Lease, Subject, Webhook
from faceweb.replies.leases import GALLERY
from foundation.aws.provisioning import provision
from foundation.aws.storage import gallery_files
from foundation.config import PROJECT_DIRECTORY, Settings
from tests.support.factories import make_job, make_video

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

Everything = tuple[dict[str, bytes], dict[str, tuple[bytes, dict[str, str]]]]


@pytest.fixture
def settings(cloud_settings: Settings, tmp_path: Path) -> Settings:
    provision(cloud_settings)
    return cloud_settings.model_copy(update={"var_dir": tmp_path})


@pytest.fixture
def system(settings: Settings) -> Settings:
    """One of each kind of row and object that has something of its own."""
    group = Group.objects.create(name="watchers")
    group.permissions.add(Permission.objects.first())
    User.objects.create_user("ann", password="x").groups.add(group)
    issue_key(ApiKey(name="program", addresses="192.0.2.0/24"))
    IdempotentAnswer.objects.create(
        key="k", fingerprint="f", status=200, headers={"A": ["ü"]}, body=b"\x00\xff",
        created_at=timezone.now(),
    )  # fmt: skip
    ann = Subject.objects.create(person_id="p1", name="Änn\u2028", name_key="änn", examples=1)
    Subject.objects.create(person_id="p0", name="Anne", name_key="anne", merged_into=ann)
    for number in range(3):
        Webhook.objects.create(job=make_job(result=f"no {number}"), url="https://hook.example/")
    make_video(filename="a film.mp4")
    Lease.objects.create(name="something", holder="somebody", until=timezone.now())
    for folder, bucket in objects.folders(settings).items():
        body = io.BytesIO(folder.encode() * 100)
        bucket.upload("a/../ü b.jpg", body, "image/jpeg", {"sha256": folder})
    gallery_files(settings).write("manifest.json", b"{}")
    (settings.var_dir / "webhook_secret").write_text("whsec_hush")
    return settings


def everything(settings: Settings) -> Everything:
    """All rows and objects, to be compared."""
    rows = {}
    for name, model in tables.tables().items():
        lines = io.BytesIO()
        tables.write_rows(model, lines)
        rows[name] = lines.getvalue()
    stored = {}
    for folder, bucket in objects.folders(settings).items():
        for key in bucket.keys(""):
            found = bucket.opened(key)
            stored[f"{folder}/{key}"] = (found["Body"].read(), found["Metadata"])
    return rows, stored


def test_round_trip(system: Settings, tmp_path: Path) -> None:
    before, file = everything(system), tmp_path / "a.faces"
    saved = back_up(system, file)
    assert saved.objects == 7

    Job.objects.all().delete()
    User.objects.update(username="somebody else")
    make_job(filename="later.jpg")
    for bucket in objects.folders(system).values():
        bucket.delete("a/../ü b.jpg")
        bucket.put("later", b"later", "text/plain")
    (system.var_dir / "webhook_secret").write_text("whsec_another")

    with pytest.raises(BackupRefused, match=r"not empty: it has 2 people, 1 pictures, .*--replace"):
        restore(system, file, replace=False)
    assert Job.objects.count() == 1

    assert restore(system, file, replace=True) == saved
    assert everything(system) == before
    assert not Lease.objects.exists()
    assert (system.var_dir / "webhook_secret").read_text() == "whsec_hush"
    assert (system.var_dir / "webhook_secret").stat().st_mode & 0o777 == 0o600
    assert User.objects.get(username="ann").has_perm is not None
    assert Webhook.objects.create(job=Job.objects.all()[0], url="https://new.example/").pk > 3


def test_what_cant_be_restored_changes_nothing(system: Settings, tmp_path: Path) -> None:
    before = everything(system)
    about = {"format": archive.FORMAT, "migrations": tables.applied_migrations()}
    newer = {**about, "migrations": [*about["migrations"], ["faceweb", "9999_of_tomorrow"]]}
    older = {**about, "migrations": [one for one in about["migrations"] if one[0] != "scaler"]}
    row = b'{"id": 1}\n'
    cases = {
        "newer version": (newer, "tables/faceweb.job", row),
        "another version": (older, "tables/faceweb.job", row),
        "table that is unknown": (about, "tables/faceweb.nonsense", row),
        "is damaged": (about, "tables/faceweb.job", row),
        "is no moment": (about, "tables/scaler.look", b'{"id": 1, "at": "is no moment"}\n'),
        "bucket that is unknown": (about, "objects/nonsense/0", b"pixels"),
        "is damaged, or no": (about, "objects/pictures/0", b"pixels"),
    }
    for number, (said, (told, name, content)) in enumerate(cases.items()):
        file = tmp_path / f"{number}.faces"
        with archive.written(file) as writer:
            writer.add_json(archive.ABOUT, told)
            writer.add(name, io.BytesIO(content), len(content))

        with pytest.raises(BackupRefused, match=said):
            restore(system, file, replace=True)

        assert everything(system) == before


@pytest.fixture
def busy(system: Settings) -> Iterator[None]:
    """Somebody who keeps writing a job with its webhook, in one transaction each."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with transaction.atomic():
                Webhook.objects.create(job=make_job(filename="pair.jpg"), url="https://h.example/")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    yield
    stop.set()
    writer.join()


def test_one_that_is_made_while_others_write_is_of_one_moment(
    system: Settings, busy: None, tmp_path: Path
) -> None:
    for number in range(5):
        file = tmp_path / f"{number}.faces"
        back_up(system, file)
        with archive.opened(file) as entries:
            lines = {entry.name: entry.file.read().count(b"\n") for entry in entries}
        assert lines["tables/faceweb.webhook"] == lines["tables/faceweb.job"] >= 3


def test_nobody_changes_the_gallery_meanwhile(system: Settings, tmp_path: Path) -> None:
    back_up(system, tmp_path / "a.faces")

    assert not Lease.objects.filter(name=GALLERY).exists(), "it is let go of"


def test_one_of_an_older_version_goes_into_an_empty_database_of_today(
    system: Settings, tmp_path: Path
) -> None:
    """In a separate process, whose database and storage are new. It was made when a library had
    one migration less."""
    file, older = tmp_path / "a.faces", tmp_path / "older.faces"
    back_up(system, file)
    *then, _ = [one for one in tables.applied_migrations() if one[0] == "axes"]
    others = [one for one in tables.applied_migrations() if one[0] != "axes"]
    with archive.opened(file) as entries, archive.written(older) as writer:
        for entry in entries:
            content = entry.file.read()
            if entry.name == archive.ABOUT:
                about = json.loads(content)
                about["migrations"] = [*others, *then]
                writer.add_json(entry.name, about)
            elif entry.name != archive.END:
                writer.add(entry.name, io.BytesIO(content), len(content), entry.about or None)
    environment = {**os.environ, "VAR_DIR": str(tmp_path / "new")}
    for name in ("DATABASE_URL", "AWS_ENDPOINT_URL"):
        environment.pop(name, None)

    for words in (["restore", str(older)], ["backup", str(tmp_path / "again.faces")]):
        ended = subprocess.run(
            [sys.executable, "-m", "faces", *words], cwd=PROJECT_DIRECTORY, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr

    assert rows_of(tmp_path / "again.faces", "job") == rows_of(file, "job")
    assert rows_of(tmp_path / "again.faces", "webhook") == rows_of(file, "webhook")


def rows_of(file: Path, table: str) -> list[dict[str, object]]:
    with archive.opened(file) as entries:
        for entry in entries:
            if entry.name == f"tables/faceweb.{table}":
                return [json.loads(line) for line in entry.file]
    raise AssertionError(f"{table} is missing")
