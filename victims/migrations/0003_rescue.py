"""Rescues."""

import django.contrib.postgres.fields
import django.db.models.deletion
import portal.audit.ids
import simple_history.models
from django.db import migrations, models

from portal.audit.making_tables import MakingTables


class Migration(MakingTables):

    dependencies = [
        ('accounts', '0001_initial'),
        ('victims', '0002_care'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalRescue',
            fields=[
                ('history_by', models.TextField()),
                ('history_agency_id', models.UUIDField(null=True)),
                ('history_agency', models.TextField()),
                ('history_role', models.CharField(max_length=200)),
                ('history_via', models.CharField(max_length=20)),
                ('id', models.UUIDField(db_index=True, default=portal.audit.ids.uuid7, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('history_user_id', models.UUIDField(null=True)),
                ('history_change_reason', models.TextField(blank=True, default='')),
                ('at', models.DateTimeField(verbose_name='when the child was safe')),
                ('operation', models.CharField(blank=True, max_length=120, verbose_name='name of the operation')),
                ('lead_agency', models.CharField(max_length=120, verbose_name='agency that led it')),
                ('legal_basis', models.SlugField(max_length=60, verbose_name='legal basis')),
                ('order_number', models.CharField(blank=True, max_length=60, verbose_name='order number')),
                ('court', models.CharField(blank=True, max_length=120, verbose_name='court or authority')),
                ('expires', models.DateField(blank=True, null=True, verbose_name='ends on')),
                ('present', django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=60), default=list, size=None, verbose_name='who was present')),
                ('force_used', models.SmallIntegerField(choices=[(0, 'not known'), (1, 'no'), (2, 'yes')], default=0, verbose_name='was force used?')),
                ('condition', django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=60), blank=True, default=list, size=None, verbose_name='what was seen of the child’s state')),
                ('evidence_reference', models.CharField(blank=True, max_length=300, verbose_name='bag and seal numbers of evidence, kept elsewhere')),
                ('interviews', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='interviews of the child so far')),
                ('history_id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('child', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='victims.child')),
            ],
            options={
                'verbose_name': 'historical rescue',
                'verbose_name_plural': 'historical rescues',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Rescue',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('at', models.DateTimeField(verbose_name='when the child was safe')),
                ('operation', models.CharField(blank=True, max_length=120, verbose_name='name of the operation')),
                ('lead_agency', models.CharField(max_length=120, verbose_name='agency that led it')),
                ('legal_basis', models.SlugField(max_length=60, verbose_name='legal basis')),
                ('order_number', models.CharField(blank=True, max_length=60, verbose_name='order number')),
                ('court', models.CharField(blank=True, max_length=120, verbose_name='court or authority')),
                ('expires', models.DateField(blank=True, null=True, verbose_name='ends on')),
                ('present', django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=60), default=list, size=None, verbose_name='who was present')),
                ('force_used', models.SmallIntegerField(choices=[(0, 'not known'), (1, 'no'), (2, 'yes')], default=0, verbose_name='was force used?')),
                ('condition', django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=60), blank=True, default=list, size=None, verbose_name='what was seen of the child’s state')),
                ('evidence_reference', models.CharField(blank=True, max_length=300, verbose_name='bag and seal numbers of evidence, kept elsewhere')),
                ('interviews', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='interviews of the child so far')),
                ('child', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('present__contains', ['none']), _negated=True), ('present', ['none']), _connector='OR'), name='nobody_present_stands_alone')],
            },
        ),
    ]
