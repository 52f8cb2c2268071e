"""Videos belong to collections. No row is written: those that are there are the default one's."""

from django.db import migrations, models

from faceweb.migrations._while_serving import AddIndex, add_column
from foundation.collections import DEFAULT


def collection_of(model_name):
    column = models.ForeignKey(
        to="faceweb.collection",
        on_delete=models.DO_NOTHING,
        null=True,
        db_default=DEFAULT,
        db_constraint=False,
        db_index=False,
        editable=False,
        related_name="+",
    )
    return add_column(model_name, "collection", column, default=DEFAULT)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("faceweb", "0022_indexed_faces")]

    operations = [
        collection_of("video"),
        collection_of("videoremains"),
        AddIndex(
            "video",
            models.Index(fields=["collection", "-created_at"], name="video_of_collection"),
        ),
    ]
