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
    return models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)


def of_collection():
    return models.ForeignKey("faceweb.collection", models.DO_NOTHING, null=True, default=DEFAULT, db_default=DEFAULT, db_constraint=False, db_index=False, editable=False, related_name="+")  # fmt: skip


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
                    "S3 buckets",
                    blank=True,
                    help_text="Buckets whose pictures its keys may name, comma separated; empty: none",
                    max_length=500,
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
                    settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships"
                ),
                team=models.ForeignKey("faceweb.team", models.CASCADE, related_name="members"),
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
                    "deleted", db_index=True, editable=False, null=True
                ),
                emptied_at=models.DateTimeField("all of it is deleted", editable=False, null=True),
                team=models.ForeignKey(
                    "faceweb.team",
                    models.PROTECT,
                    blank=True,
                    null=True,
                    related_name="collections",
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
                other_key=models.CharField("second picture", blank=True, max_length=512),
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
                instance_id=models.CharField("instance", blank=True, max_length=64),
                worker=models.CharField(blank=True, max_length=128),
                sends=models.PositiveSmallIntegerField(default=0),
                picture_deleted=models.BooleanField("picture was deleted", default=False),
                stage_milliseconds=models.JSONField(blank=True, default=dict),
                created_at=models.DateTimeField("accepted"),
                queued_at=models.DateTimeField("queued", blank=True, null=True),
                sent_at=models.DateTimeField("last sent", blank=True, null=True),
                started_at=models.DateTimeField("started", blank=True, null=True),
                finished_at=models.DateTimeField("finished", blank=True, null=True),
                answered_at=models.DateTimeField("answered", blank=True, null=True),
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
                seen_at=models.DateTimeField("seen"),
                resolved_at=models.DateTimeField("resolved", blank=True, null=True),
                resolution=models.CharField(blank=True, max_length=100),
                job=models.ForeignKey(
                    "faceweb.job",
                    models.SET_NULL,
                    blank=True,
                    null=True,
                    related_name="dead_letters",
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
                backend=models.CharField("worked on by", max_length=16),
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
                    "why not all of it was read", blank=True, max_length=500
                ),
                error_kind=models.CharField(blank=True, max_length=64),
                error=models.CharField(blank=True, max_length=1000),
                sends=models.PositiveSmallIntegerField(default=0),
                pictures_deleted=models.BooleanField(
                    "video and frames were deleted", default=False
                ),
                created_at=models.DateTimeField("accepted"),
                sent_at=models.DateTimeField("last sent", blank=True, null=True),
                looked_at=models.DateTimeField("last looked for", blank=True, null=True),
                progress_at=models.DateTimeField("last progress", blank=True, null=True),
                answered_at=models.DateTimeField("answered", blank=True, null=True),
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
                deleted_at=models.DateTimeField("deleted", db_index=True),
                collection=of_collection(),
            ),
            options={"verbose_name_plural": "video remains"},
        ),
        migrations.CreateModel(
            name="Subject",
            fields=columns(
                person_id=models.CharField(
                    "id", editable=False, max_length=64, primary_key=True, serialize=False
                ),
                name=models.CharField(max_length=255),
                name_key=models.CharField(editable=False, max_length=800),
                examples=models.PositiveIntegerField(default=0, editable=False),
                former_names=models.JSONField(
                    "hashes of former names", default=list, editable=False
                ),
                erased_at=models.DateTimeField("erased", editable=False, null=True),
                cover=models.CharField(
                    "example on the cover", blank=True, editable=False, max_length=32
                ),
                collection=of_collection(),
                merged_into=models.ForeignKey(
                    "faceweb.subject",
                    models.DO_NOTHING,
                    editable=False,
                    null=True,
                    related_name="merged",
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
                seen_at=models.DateTimeField("accepted"),
                left=models.FloatField(),
                top=models.FloatField(),
                right=models.FloatField(),
                bottom=models.FloatField(),
                probability=models.FloatField(),
                landmarks=models.JSONField(default=list),
                size_pixels=models.FloatField(null=True),
                sharpness=models.FloatField(null=True),
                turned=models.FloatField(null=True),
                left_out=models.CharField("why it was skipped", blank=True, max_length=255),
                not_named=models.CharField("why it got no name", blank=True, max_length=255),
                source=models.CharField(
                    "said by",
                    blank=True,
                    choices=[("model", "the model"), ("user", "a person")],
                    max_length=8,
                ),
                named_at=models.DateTimeField("named", null=True),
                similarity=models.FloatField(null=True),
                distance=models.FloatField(null=True),
                candidates=models.JSONField(default=list),
                embedding=models.BinaryField(null=True),
                is_answer=models.BooleanField("is the picture's answer", default=False),
                is_unknown=models.BooleanField("waits for a name", default=False),
                stranger=models.BigIntegerField("stranger that somebody said it is", null=True),
                track=models.PositiveIntegerField("track of its video", null=True),
                job=models.ForeignKey(
                    "faceweb.job", models.CASCADE, db_index=False, null=True, related_name="faces"
                ),
                person=models.ForeignKey(
                    "faceweb.subject",
                    models.DO_NOTHING,
                    db_index=False,
                    null=True,
                    related_name="faces",
                ),
                video=models.ForeignKey(
                    "faceweb.video", models.CASCADE, db_index=False, null=True, related_name="faces"
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
                dismissed_at=models.DateTimeField("dismissed", db_index=True),
                face=models.OneToOneField("faceweb.face", models.CASCADE, related_name="dismissed"),
            ),
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=columns(
                id=number(),
                name=models.CharField(help_text="Who or what uses it", max_length=100, unique=True),
                prefix=models.CharField(editable=False, max_length=16),
                hash=models.CharField(editable=False, max_length=64, unique=True),
                may_recognise=models.BooleanField("recognise, detect, verify, jobs", default=True),
                may_manage_subjects=models.BooleanField(
                    "manage people and examples", default=False
                ),
                may_read_fleet=models.BooleanField("read fleet and metrics", default=False),
                may_read_embeddings=models.BooleanField("read faces' embeddings", default=False),
                may_manage_collections=models.BooleanField(
                    "make and delete collections", default=False
                ),
                may_sign=models.BooleanField(
                    "for AWS's SDKs",
                    default=False,
                    help_text="Requests may be signed with it, as AWS's SDKs do. It is then kept, encrypted.",
                ),
                access_key=models.CharField(editable=False, max_length=20, null=True, unique=True),
                sealed_secret=models.CharField(blank=True, editable=False, max_length=400),
                requests_per_minute=models.PositiveIntegerField(default=600),
                expires_at=models.DateTimeField(
                    "expires",
                    blank=True,
                    help_text="Not valid from then on; empty: for ever",
                    null=True,
                ),
                addresses=models.CharField(
                    blank=True,
                    help_text="Addresses and networks that may use it, comma separated; empty: all",
                    max_length=500,
                    validators=[faceweb.models.access.check_networks],
                ),
                created_at=models.DateTimeField(auto_now_add=True),
                last_used_at=models.DateTimeField("last use", editable=False, null=True),
                revoked_at=models.DateTimeField("revoked", editable=False, null=True),
                collection=models.ForeignKey(
                    "faceweb.collection",
                    models.PROTECT,
                    blank=True,
                    help_text="The only collection that it may use; empty: all of the team's",
                    null=True,
                    related_name="keys",
                ),
                team=models.ForeignKey(
                    "faceweb.team",
                    models.PROTECT,
                    blank=True,
                    help_text="Whose collections it may use; empty: the system's own",
                    null=True,
                    related_name="keys",
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
                key=models.ForeignKey("faceweb.apikey", models.CASCADE, related_name="usage"),
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
                made_at=models.DateTimeField("made", db_index=True),
                expected=models.PositiveIntegerField("pictures that were chosen", default=0),
                collection=of_collection(),
            ),
            options={"verbose_name_plural": "batches", "ordering": ["-made_at"]},
        ),
        migrations.CreateModel(
            name="BatchPicture",
            fields=columns(
                id=number(),
                filename=models.CharField("name of a refused file", blank=True, max_length=255),
                problem=models.CharField(blank=True, max_length=500),
                batch=models.ForeignKey("faceweb.batch", models.CASCADE, related_name="pictures"),
                job=models.ForeignKey("faceweb.job", models.CASCADE, null=True, related_name="+"),
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
                made_at=models.DateTimeField("made", db_index=True),
                people=models.JSONField(default=list),
                before=models.JSONField(default=dict),
                embeddings=models.BinaryField(null=True),
                picture=models.BinaryField(null=True),
                face=models.ForeignKey(
                    "faceweb.face", models.CASCADE, null=True, related_name="changes"
                ),
            ),
            options={"ordering": ["-made_at"]},
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=columns(
                id=number(),
                person_id=models.CharField("person", max_length=64, unique=True),
                actor=models.CharField(max_length=150),
                with_pictures=models.BooleanField("pictures were to go, too", default=False),
                state=models.CharField(
                    choices=[
                        ("running", "running"),
                        ("watching", "watching for late answers"),
                        ("done", "done"),
                    ],
                    default="running",
                    max_length=16,
                ),
                started_at=models.DateTimeField("started"),
                due_at=models.DateTimeField("goes on", db_index=True, null=True),
                finished_at=models.DateTimeField("finished", null=True),
                ids=models.JSONField("ids, merged ones too", default=list),
                names=models.JSONField(default=list, editable=False),
                name_hashes=models.JSONField(default=list, editable=False),
                steps_done=models.JSONField(default=list),
                counts=models.JSONField("found", default=dict),
                trouble=models.CharField("why it waits", blank=True, max_length=255),
                receipt=models.ForeignKey("faceweb.auditentry", models.SET_NULL, null=True),
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
                due_at=models.DateTimeField("next attempt", null=True),
                delivered_at=models.DateTimeField("delivered", null=True),
                last_error=models.CharField(blank=True, max_length=255),
                job=models.ForeignKey("faceweb.job", models.CASCADE, related_name="webhooks"),
            ),
            options={
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["due_at"], name="webhook_due")],
            },
        ),
        migrations.RunPython(add_roles, migrations.RunPython.noop),
        migrations.RunPython(add_default_collection, migrations.RunPython.noop),
    ]
