from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("socle", "0003_avenant")]

    operations = [TrigramExtension()]
