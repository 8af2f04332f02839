from django.db import migrations, models

import socle.codes


def donner_un_code(apps, schema_editor):
    """Chaque document déjà émis reçoit le sien : il se vérifie par son fichier."""
    Document = apps.get_model("socle", "Document")
    for cle in Document.objects.values_list("pk", flat=True).iterator():
        Document.objects.filter(pk=cle).update(code=socle.codes.nouveau_code())


class Migration(migrations.Migration):
    dependencies = [
        ("socle", "0009_administrateurs_organisme"),
    ]

    operations = [
        migrations.AddField(
            model_name="document",
            name="code",
            field=models.CharField(
                default="", editable=False, max_length=12, verbose_name="code"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="document",
            name="scelle",
            field=models.BooleanField(default=False, verbose_name="scellé"),
        ),
        migrations.RunPython(donner_un_code, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="document",
            name="code",
            field=models.CharField(
                default=socle.codes.nouveau_code,
                editable=False,
                max_length=12,
                unique=True,
                verbose_name="code",
            ),
        ),
        migrations.AlterField(
            model_name="document",
            name="empreinte",
            field=models.CharField(
                db_index=True, max_length=64, verbose_name="SHA-256 du PDF"
            ),
        ),
    ]
