"""All tables as the first release has them, in the order in which they need each other."""

import uuid

from django.apps import apps as installed
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

import faceweb.models.access
import faceweb.models.collections
from faceweb.access.permissions import make_roles
from foundation.collections import DEFAULT


def columns(**named):
    return list(named.items())


def number():
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


def of_collection():
    return models.ForeignKey(
        to="faceweb.collection", on_delete=models.DO_NOTHING, null=True, default=DEFAULT,
        db_default=DEFAULT, db_constraint=False, db_index=False, editable=False, related_name="+",
    )  # fmt: skip


def add_roles(apps, schema_editor):
    """Django itself makes permissions only after all migrations."""
    for label in ("faceweb", "scaler"):
        create_permissions(installed.get_app_config(label), verbosity=0, apps=installed)
    make_roles(
        apps.get_model("auth", "Group").objects, apps.get_model("auth", "Permission").objects
    )


def add_default_collection(apps, schema_editor):
    apps.get_model("faceweb", "Collection").objects.create(pk=DEFAULT, name=DEFAULT)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("scaler", "__first__"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Team",
            fields=columns(
                id=number(),
                name=models.CharField(max_length=100, unique=True),
                s3_buckets=models.CharField(
                    blank=True,
                    help_text="Buckets whose pictures its keys may name, comma separated; empty: none",
                    max_length=500,
                    verbose_name="S3 buckets",
                ),
            ),
            options={"ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="Member",
            fields=columns(
                id=number(),
                role=models.CharField(
                    choices=[
                        ("viewer", "viewer: looks"),
                        ("operator", "operator: pictures and people, too"),
                        ("owner", "owner: collections, too"),
                    ],
                    default="viewer",
                    max_length=8,
                ),
                user=models.ForeignKey(
                    on_delete=models.CASCADE,
                    related_name="memberships",
                    to=settings.AUTH_USER_MODEL,
                ),
                team=models.ForeignKey(
                    on_delete=models.CASCADE, related_name="members", to="faceweb.team"
                ),
            ),
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("team", "user"), name="member_once")
                ]
            },
        ),
        migrations.CreateModel(
            name="Collection",
            fields=columns(
                id=models.CharField(
                    default=faceweb.models.collections.new_collection_id,
                    editable=False,
                    max_length=32,
                    primary_key=True,
                    serialize=False,
                ),
                name=models.CharField(max_length=255),
                model=models.CharField(blank=True, editable=False, max_length=64),
                threshold=models.FloatField(blank=True, null=True),
                most_people=models.PositiveIntegerField(blank=True, null=True),
                most_examples=models.PositiveIntegerField(blank=True, null=True),
                retention_days_pictures=models.PositiveIntegerField(blank=True, null=True),
                retention_days_history=models.PositiveIntegerField(blank=True, null=True),
                created_at=models.DateTimeField(auto_now_add=True),
                deleted_at=models.DateTimeField(
                    db_index=True, editable=False, null=True, verbose_name="deleted"
                ),
                emptied_at=models.DateTimeField(
                    editable=False, null=True, verbose_name="all of it is deleted"
                ),
                team=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=models.PROTECT,
                    related_name="collections",
                    to="faceweb.team",
                ),
            ),
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("team", "name"), name="collection_of_team"),
                    models.UniqueConstraint(
                        condition=models.Q(("team", None)),
                        fields=("name",),
                        name="collection_of_system",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=columns(
                id=models.UUIDField(
                    default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                ),
                kind=models.CharField(
                    choices=[
                        ("recognise", "recognise"),
                        ("embed", "enrol"),
                        ("detect", "detect"),
                        ("verify", "verify"),
                        ("search", "search"),
                    ],
                    default="recognise",
                    max_length=16,
                ),
                state=models.CharField(
                    choices=[
                        ("stored", "stored"),
                        ("queued", "queued"),
                        ("succeeded", "succeeded"),
                        ("failed", "failed"),
                        ("cancelled", "cancelled"),
                    ],
                    default="stored",
                    max_length=16,
                ),
                filename=models.CharField(max_length=255),
                input_key=models.CharField(max_length=512),
                other_key=models.CharField(
                    blank=True, max_length=512, verbose_name="second picture"
                ),
                output_key=models.CharField(blank=True, max_length=512),
                options=models.JSONField(blank=True, default=dict),
                sha256=models.CharField(max_length=64),
                size_bytes=models.PositiveIntegerField(default=0),
                width=models.PositiveIntegerField(default=0),
                height=models.PositiveIntegerField(default=0),
                result=models.CharField(blank=True, max_length=255),
                distance=models.FloatField(blank=True, null=True),
                model=models.CharField(blank=True, max_length=64),
                gallery_version=models.CharField(blank=True, max_length=128),
                error_kind=models.CharField(blank=True, max_length=32),
                error=models.CharField(blank=True, max_length=1000),
                instance_id=models.CharField(blank=True, max_length=64, verbose_name="instance"),
                worker=models.CharField(blank=True, max_length=128),
                sends=models.PositiveSmallIntegerField(default=0),
                picture_deleted=models.BooleanField(
                    default=False, verbose_name="picture was deleted"
                ),
                stage_milliseconds=models.JSONField(blank=True, default=dict),
                created_at=models.DateTimeField(verbose_name="accepted"),
                queued_at=models.DateTimeField(blank=True, null=True, verbose_name="queued"),
                sent_at=models.DateTimeField(blank=True, null=True, verbose_name="last sent"),
                started_at=models.DateTimeField(blank=True, null=True, verbose_name="started"),
                finished_at=models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                answered_at=models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                collection=of_collection(),
            ),
            options={
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(fields=["-created_at"], name="job_newest"),
                    models.Index(fields=["collection", "-created_at"], name="job_of_collection"),
                    models.Index(fields=["state", "sent_at"], name="job_waiting"),
                    models.Index(fields=["input_key"], name="job_input_key"),
                    models.Index(fields=["answered_at"], name="job_answered"),
                    models.Index(fields=["result", "-created_at"], name="job_result"),
                    models.Index(
                        condition=models.Q(("kind", "embed"), ("picture_deleted", False)),
                        fields=["created_at"],
                        name="job_enrolling",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PictureName",
            fields=columns(
                output_key=models.CharField(max_length=512, primary_key=True, serialize=False),
                input_key=models.CharField(max_length=512),
                sha256=models.CharField(max_length=64),
            ),
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=columns(
                message_id=models.CharField(max_length=128, primary_key=True, serialize=False),
                reason=models.CharField(max_length=255),
                body=models.TextField(),
                seen_at=models.DateTimeField(verbose_name="seen"),
                resolved_at=models.DateTimeField(blank=True, null=True, verbose_name="resolved"),
                resolution=models.CharField(blank=True, max_length=100),
                job=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=models.SET_NULL,
                    related_name="dead_letters",
                    to="faceweb.job",
                ),
            ),
            options={
                "ordering": ["-seen_at"],
                "indexes": [models.Index(fields=["-seen_at"], name="dead_letter_newest")],
            },
        ),
        migrations.CreateModel(
            name="Video",
            fields=columns(
                id=models.UUIDField(
                    default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                ),
                state=models.CharField(
                    choices=[
                        ("uploading", "uploading"),
                        ("stored", "waiting"),
                        ("working", "in work"),
                        ("succeeded", "succeeded"),
                        ("failed", "failed"),
                    ],
                    default="uploading",
                    max_length=16,
                ),
                backend=models.CharField(max_length=16, verbose_name="worked on by"),
                filename=models.CharField(max_length=255),
                size_bytes=models.PositiveBigIntegerField(default=0),
                frames_wanted=models.PositiveIntegerField(blank=True, null=True),
                interval_seconds=models.FloatField(blank=True, null=True),
                frames_stored=models.PositiveIntegerField(default=0),
                frames_seen=models.PositiveIntegerField(default=0),
                frames_total=models.PositiveIntegerField(blank=True, null=True),
                result=models.CharField(blank=True, max_length=255),
                people=models.JSONField(blank=True, default=list),
                frames=models.JSONField(blank=True, default=list),
                damaged_parts=models.PositiveIntegerField(default=0),
                incomplete=models.CharField(
                    blank=True, max_length=500, verbose_name="why not all of it was read"
                ),
                error_kind=models.CharField(blank=True, max_length=64),
                error=models.CharField(blank=True, max_length=1000),
                sends=models.PositiveSmallIntegerField(default=0),
                pictures_deleted=models.BooleanField(
                    default=False, verbose_name="video and frames were deleted"
                ),
                created_at=models.DateTimeField(verbose_name="accepted"),
                sent_at=models.DateTimeField(blank=True, null=True, verbose_name="last sent"),
                looked_at=models.DateTimeField(
                    blank=True, null=True, verbose_name="last looked for"
                ),
                progress_at=models.DateTimeField(
                    blank=True, null=True, verbose_name="last progress"
                ),
                answered_at=models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                collection=of_collection(),
            ),
            options={
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(fields=["-created_at"], name="video_newest"),
                    models.Index(fields=["collection", "-created_at"], name="video_of_collection"),
                    models.Index(
                        condition=models.Q(("state__in", ("uploading", "stored", "working"))),
                        fields=["looked_at"],
                        name="video_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VideoRemains",
            fields=columns(
                video_id=models.UUIDField(primary_key=True, serialize=False),
                deleted_at=models.DateTimeField(db_index=True, verbose_name="deleted"),
                collection=of_collection(),
            ),
            options={"verbose_name_plural": "video remains"},
        ),
        migrations.CreateModel(
            name="Subject",
            fields=columns(
                person_id=models.CharField(
                    editable=False,
                    max_length=64,
                    primary_key=True,
                    serialize=False,
                    verbose_name="id",
                ),
                name=models.CharField(max_length=255),
                name_key=models.CharField(editable=False, max_length=800),
                examples=models.PositiveIntegerField(default=0, editable=False),
                former_names=models.JSONField(
                    default=list, editable=False, verbose_name="hashes of former names"
                ),
                erased_at=models.DateTimeField(editable=False, null=True, verbose_name="erased"),
                cover=models.CharField(
                    blank=True, editable=False, max_length=32, verbose_name="example on the cover"
                ),
                collection=of_collection(),
                merged_into=models.ForeignKey(
                    editable=False,
                    null=True,
                    on_delete=models.DO_NOTHING,
                    related_name="merged",
                    to="faceweb.subject",
                ),
            ),
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "ordering": ["name"],
                "indexes": [
                    models.Index(fields=["name"], name="subject_name"),
                    models.Index(fields=["collection", "name_key"], name="subject_of_collection"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExamplePicture",
            fields=columns(
                id=number(),
                example_id=models.CharField(max_length=32),
                person_id=models.CharField(db_index=True, max_length=64),
                key=models.CharField(max_length=255),
                added_at=models.DateTimeField(),
            ),
            options={
                "ordering": ["-added_at"],
                "indexes": [
                    models.Index(fields=["-added_at"], name="example_newest"),
                    models.Index(fields=["person_id", "-added_at"], name="example_of_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("person_id", "example_id"), name="example_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Face",
            fields=columns(
                id=number(),
                frame=models.PositiveIntegerField(null=True),
                number=models.PositiveSmallIntegerField(),
                seen_at=models.DateTimeField(verbose_name="accepted"),
                left=models.FloatField(),
                top=models.FloatField(),
                right=models.FloatField(),
                bottom=models.FloatField(),
                probability=models.FloatField(),
                landmarks=models.JSONField(default=list),
                size_pixels=models.FloatField(null=True),
                sharpness=models.FloatField(null=True),
                turned=models.FloatField(null=True),
                left_out=models.CharField(
                    blank=True, max_length=255, verbose_name="why it was skipped"
                ),
                not_named=models.CharField(
                    blank=True, max_length=255, verbose_name="why it got no name"
                ),
                source=models.CharField(
                    blank=True,
                    choices=[("model", "the model"), ("user", "a person")],
                    max_length=8,
                    verbose_name="said by",
                ),
                named_at=models.DateTimeField(null=True, verbose_name="named"),
                similarity=models.FloatField(null=True),
                distance=models.FloatField(null=True),
                candidates=models.JSONField(default=list),
                embedding=models.BinaryField(null=True),
                is_answer=models.BooleanField(
                    default=False, verbose_name="is the picture's answer"
                ),
                is_unknown=models.BooleanField(default=False, verbose_name="waits for a name"),
                stranger=models.BigIntegerField(
                    null=True, verbose_name="stranger that somebody said it is"
                ),
                track=models.PositiveIntegerField(null=True, verbose_name="track of its video"),
                job=models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=models.CASCADE,
                    related_name="faces",
                    to="faceweb.job",
                ),
                person=models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=models.DO_NOTHING,
                    related_name="faces",
                    to="faceweb.subject",
                ),
                video=models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=models.CASCADE,
                    related_name="faces",
                    to="faceweb.video",
                ),
            ),
            options={
                "ordering": ["job_id", "video_id", "frame", "number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("person__isnull", False)),
                        fields=["person", "-seen_at"],
                        name="face_of_person",
                    ),
                    models.Index(
                        condition=models.Q(("is_unknown", True)),
                        fields=["-seen_at"],
                        name="face_unknown",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("job__isnull", False)),
                        fields=("job", "number"),
                        name="face_of_job",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("video__isnull", False)),
                        fields=("video", "frame", "number"),
                        name="face_of_video",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DismissedFace",
            fields=columns(
                id=number(),
                model=models.CharField(max_length=64),
                embedding=models.BinaryField(),
                dismissed_at=models.DateTimeField(db_index=True, verbose_name="dismissed"),
                face=models.OneToOneField(
                    on_delete=models.CASCADE, related_name="dismissed", to="faceweb.face"
                ),
            ),
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=columns(
                id=number(),
                name=models.CharField(help_text="Who or what uses it", max_length=100, unique=True),
                prefix=models.CharField(editable=False, max_length=16),
                hash=models.CharField(editable=False, max_length=64, unique=True),
                may_recognise=models.BooleanField(
                    default=True, verbose_name="recognise, detect, verify, jobs"
                ),
                may_manage_subjects=models.BooleanField(
                    default=False, verbose_name="manage people and examples"
                ),
                may_read_fleet=models.BooleanField(
                    default=False, verbose_name="read fleet and metrics"
                ),
                may_read_embeddings=models.BooleanField(
                    default=False, verbose_name="read faces' embeddings"
                ),
                may_manage_collections=models.BooleanField(
                    default=False, verbose_name="make and delete collections"
                ),
                may_sign=models.BooleanField(
                    default=False,
                    help_text="Requests may be signed with it, as AWS's SDKs do. It is then kept, encrypted.",
                    verbose_name="for AWS's SDKs",
                ),
                access_key=models.CharField(editable=False, max_length=20, null=True, unique=True),
                sealed_secret=models.CharField(blank=True, editable=False, max_length=400),
                requests_per_minute=models.PositiveIntegerField(default=600),
                expires_at=models.DateTimeField(
                    blank=True,
                    help_text="Not valid from then on; empty: for ever",
                    null=True,
                    verbose_name="expires",
                ),
                addresses=models.CharField(
                    blank=True,
                    help_text="Addresses and networks that may use it, comma separated; empty: all",
                    max_length=500,
                    validators=[faceweb.models.access.check_networks],
                ),
                created_at=models.DateTimeField(auto_now_add=True),
                last_used_at=models.DateTimeField(
                    editable=False, null=True, verbose_name="last use"
                ),
                revoked_at=models.DateTimeField(editable=False, null=True, verbose_name="revoked"),
                collection=models.ForeignKey(
                    blank=True,
                    help_text="The only collection that it may use; empty: all of the team's",
                    null=True,
                    on_delete=models.PROTECT,
                    related_name="keys",
                    to="faceweb.collection",
                ),
                team=models.ForeignKey(
                    blank=True,
                    help_text="Whose collections it may use; empty: the system's own",
                    null=True,
                    on_delete=models.PROTECT,
                    related_name="keys",
                    to="faceweb.team",
                ),
            ),
            options={"verbose_name": "API key", "ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="ApiKeyUsage",
            fields=columns(
                id=number(),
                minute=models.DateTimeField(),
                requests=models.PositiveIntegerField(default=0),
                key=models.ForeignKey(
                    on_delete=models.CASCADE, related_name="usage", to="faceweb.apikey"
                ),
            ),
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("key", "minute"), name="usage_minute")
                ]
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=columns(
                id=number(),
                at=models.DateTimeField(),
                actor=models.CharField(max_length=150),
                action=models.CharField(max_length=40),
                subject=models.CharField(blank=True, max_length=150),
                detail=models.JSONField(blank=True, default=dict),
            ),
            options={
                "verbose_name_plural": "audit log",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["-at"], name="audit_newest"),
                    models.Index(fields=["action", "subject", "-at"], name="audit_subject"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=columns(
                id=models.UUIDField(
                    default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                ),
                actor=models.CharField(max_length=150),
                made_at=models.DateTimeField(db_index=True, verbose_name="made"),
                expected=models.PositiveIntegerField(
                    default=0, verbose_name="pictures that were chosen"
                ),
                collection=of_collection(),
            ),
            options={"verbose_name_plural": "batches", "ordering": ["-made_at"]},
        ),
        migrations.CreateModel(
            name="BatchPicture",
            fields=columns(
                id=number(),
                filename=models.CharField(
                    blank=True, max_length=255, verbose_name="name of a refused file"
                ),
                problem=models.CharField(blank=True, max_length=500),
                batch=models.ForeignKey(
                    on_delete=models.CASCADE, related_name="pictures", to="faceweb.batch"
                ),
                job=models.ForeignKey(
                    null=True, on_delete=models.CASCADE, related_name="+", to="faceweb.job"
                ),
            ),
            options={"ordering": ["pk"]},
        ),
        migrations.CreateModel(
            name="Bookmark",
            fields=columns(
                name=models.CharField(max_length=64, primary_key=True, serialize=False),
                place=models.JSONField(default=dict),
            ),
        ),
        migrations.CreateModel(
            name="Change",
            fields=columns(
                id=number(),
                kind=models.CharField(
                    choices=[
                        ("face", "whose face it is"),
                        ("example", "an example was removed"),
                        ("merge", "two people became one"),
                        ("group", "groups of unknown faces became one"),
                    ],
                    max_length=8,
                ),
                actor=models.CharField(max_length=150),
                made_at=models.DateTimeField(db_index=True, verbose_name="made"),
                people=models.JSONField(default=list),
                before=models.JSONField(default=dict),
                embeddings=models.BinaryField(null=True),
                picture=models.BinaryField(null=True),
                face=models.ForeignKey(
                    null=True, on_delete=models.CASCADE, related_name="changes", to="faceweb.face"
                ),
            ),
            options={"ordering": ["-made_at"]},
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=columns(
                id=number(),
                person_id=models.CharField(max_length=64, unique=True, verbose_name="person"),
                actor=models.CharField(max_length=150),
                with_pictures=models.BooleanField(
                    default=False, verbose_name="pictures were to go, too"
                ),
                state=models.CharField(
                    choices=[
                        ("running", "running"),
                        ("watching", "watching for late answers"),
                        ("done", "done"),
                    ],
                    default="running",
                    max_length=16,
                ),
                started_at=models.DateTimeField(verbose_name="started"),
                due_at=models.DateTimeField(db_index=True, null=True, verbose_name="goes on"),
                finished_at=models.DateTimeField(null=True, verbose_name="finished"),
                ids=models.JSONField(default=list, verbose_name="ids, merged ones too"),
                names=models.JSONField(default=list, editable=False),
                name_hashes=models.JSONField(default=list, editable=False),
                steps_done=models.JSONField(default=list),
                counts=models.JSONField(default=dict, verbose_name="found"),
                trouble=models.CharField(blank=True, max_length=255, verbose_name="why it waits"),
                receipt=models.ForeignKey(
                    null=True, on_delete=models.SET_NULL, to="faceweb.auditentry"
                ),
            ),
            options={"ordering": ["-started_at"]},
        ),
        migrations.CreateModel(
            name="ExpectedPerson",
            fields=columns(
                id=number(),
                name=models.CharField(max_length=255),
                name_key=models.CharField(max_length=800),
                made_at=models.DateTimeField(),
                collection=of_collection(),
            ),
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("collection", "name_key"), name="expected_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=columns(
                key=models.CharField(max_length=64, primary_key=True, serialize=False),
                fingerprint=models.CharField(max_length=64),
                status=models.PositiveSmallIntegerField(default=0),
                headers=models.JSONField(default=dict),
                body=models.BinaryField(default=bytes),
                created_at=models.DateTimeField(db_index=True),
            ),
        ),
        migrations.CreateModel(
            name="IndexedFace",
            fields=columns(
                face_id=models.CharField(max_length=36, primary_key=True, serialize=False),
                person_id=models.CharField(db_index=True, max_length=64),
                example_id=models.CharField(max_length=32),
                image_id=models.CharField(max_length=36),
                external_image_id=models.CharField(blank=True, max_length=255),
                left=models.FloatField(),
                top=models.FloatField(),
                width=models.FloatField(),
                height=models.FloatField(),
                confidence=models.FloatField(),
                model=models.CharField(max_length=64),
                collection=of_collection(),
            ),
            options={
                "ordering": ["face_id"],
                "indexes": [
                    models.Index(fields=["collection", "face_id"], name="indexed_of_collection")
                ],
            },
        ),
        migrations.CreateModel(
            name="Lease",
            fields=columns(
                name=models.CharField(max_length=64, primary_key=True, serialize=False),
                holder=models.CharField(max_length=64),
                until=models.DateTimeField(),
            ),
        ),
        migrations.CreateModel(
            name="PendingUpload",
            fields=columns(
                id=models.UUIDField(
                    default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                ),
                filename=models.CharField(max_length=255),
                options=models.JSONField(blank=True, default=dict),
                webhook=models.CharField(blank=True, max_length=2000),
                created_at=models.DateTimeField(),
                expires_at=models.DateTimeField(db_index=True),
                collection=of_collection(),
            ),
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=columns(
                id=number(),
                url=models.URLField(max_length=2000),
                attempts=models.PositiveSmallIntegerField(default=0),
                due_at=models.DateTimeField(null=True, verbose_name="next attempt"),
                delivered_at=models.DateTimeField(null=True, verbose_name="delivered"),
                last_error=models.CharField(blank=True, max_length=255),
                job=models.ForeignKey(
                    on_delete=models.CASCADE, related_name="webhooks", to="faceweb.job"
                ),
            ),
            options={
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["due_at"], name="webhook_due")],
            },
        ),
        migrations.RunPython(add_roles, migrations.RunPython.noop),
        migrations.RunPython(add_default_collection, migrations.RunPython.noop),
    ]
