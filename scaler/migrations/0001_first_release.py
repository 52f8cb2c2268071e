"""All tables as the first release has them."""

from django.db import migrations, models


def columns(**named):
    return list(named.items())


def number():
    return models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=columns(
                name=models.CharField(max_length=64, primary_key=True, serialize=False),
                holder=models.CharField(blank=True, max_length=128),
                term=models.PositiveIntegerField(default=0),
                expires_at=models.DateTimeField(),
            ),
        ),
        migrations.CreateModel(
            name="Lifeline",
            fields=columns(
                instance_id=models.CharField(max_length=64, primary_key=True, serialize=False),
                kind=models.CharField(
                    choices=[("instance", "Instance"), ("function", "Function")],
                    default="instance",
                    max_length=8,
                ),
                launched_at=models.DateTimeField(),
                ready_at=models.DateTimeField(blank=True, null=True),
                leaving_at=models.DateTimeField(blank=True, null=True),
                ended_at=models.DateTimeField(blank=True, db_index=True, null=True),
                answered=models.PositiveIntegerField("pictures", blank=True, null=True),
            ),
            options={
                "ordering": ["-launched_at"],
                "verbose_name": "instance or function",
                "verbose_name_plural": "instances and functions",
                "indexes": [models.Index(fields=["-launched_at"], name="lifeline_newest")],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=columns(
                id=number(),
                kind=models.CharField(
                    choices=[("hold", "Hold"), ("pause", "Pause"), ("drain", "Drain")], max_length=8
                ),
                count=models.PositiveIntegerField("instances", default=0),
                instance_id=models.CharField(blank=True, max_length=64),
                by=models.CharField(max_length=150),
                at=models.DateTimeField(),
                until=models.DateTimeField(blank=True, null=True),
                ended_at=models.DateTimeField(blank=True, null=True),
            ),
            options={
                "ordering": ["-at"],
                "indexes": [models.Index(fields=["ended_at", "until"], name="order_standing")],
            },
        ),
        migrations.CreateModel(
            name="Look",
            fields=columns(
                id=number(),
                at=models.DateTimeField(),
                scaler=models.CharField(max_length=128),
                changed=models.BooleanField("changed something"),
                reason=models.CharField(max_length=500),
                refused=models.CharField("EC2 refuses", blank=True, max_length=80),
                visible=models.PositiveIntegerField(blank=True, null=True),
                in_flight=models.PositiveIntegerField("in flight", blank=True, null=True),
                outstanding=models.PositiveIntegerField("unanswered jobs", blank=True, null=True),
                booting=models.PositiveIntegerField(blank=True, null=True),
                ready=models.PositiveIntegerField(blank=True, null=True),
                leaving=models.PositiveIntegerField(blank=True, null=True),
                functions=models.PositiveIntegerField("functions running", blank=True, null=True),
                wanted=models.PositiveIntegerField(default=0),
                launched=models.PositiveIntegerField("launch", default=0),
                functions_started=models.PositiveIntegerField("functions", default=0),
                asked_to_stop=models.PositiveIntegerField("asked to stop", default=0),
                terminated=models.PositiveIntegerField("terminate", default=0),
                observation=models.JSONField(),
                state=models.JSONField("state before"),
                limits=models.JSONField(),
                decision=models.JSONField(),
            ),
            options={
                "ordering": ["-at"],
                "verbose_name": "scaler decision",
                "indexes": [
                    models.Index(fields=["-at"], name="look_newest"),
                    models.Index(fields=["changed", "-at"], name="look_changed"),
                ],
            },
        ),
    ]
