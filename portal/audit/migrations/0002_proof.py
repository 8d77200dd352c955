"""The proof: chains, leaves, checkpoints, and the functions that seal and compare them."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL((Path(__file__).parent.parent / "sql" / "proof.sql").read_text())]
