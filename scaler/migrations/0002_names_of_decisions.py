from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("scaler", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="look",
            options={"ordering": ["-at"], "verbose_name": "scaler decision"},
        ),
    ]
