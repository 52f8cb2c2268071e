"""A face's person is known by id alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("faceweb", "0002_faces_are_rows")]

    operations = [migrations.RemoveField(model_name="face", name="word")]
