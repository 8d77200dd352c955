"""The clock of the work as data: rules by which something is due."""

import django.db.models.deletion
import portal.audit.ids
import simple_history.models
from django.db import migrations, models

from portal.audit.making_tables import MakingTables


class Migration(MakingTables):

    dependencies = [
        ('accounts', '0001_initial'),
        ('casework', '0002_records'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalDueRule',
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
                ('code', models.SlugField(max_length=40, verbose_name='code')),
                ('risk', models.SmallIntegerField(choices=[(0, 'any risk'), (1, 'low'), (2, 'medium'), (3, 'high')], default=0, verbose_name='risk')),
                ('amount', models.SmallIntegerField(verbose_name='how long')),
                ('unit', models.CharField(choices=[('h', 'hours'), ('d', 'days'), ('w', 'working days')], max_length=1, verbose_name='unit')),
                ('title', models.CharField(max_length=90, verbose_name='what is to be done')),
                ('sentence', models.CharField(max_length=200, verbose_name='the rule')),
                ('source', models.CharField(blank=True, max_length=200, verbose_name='where it comes from')),
                ('is_common_practice', models.BooleanField(default=False, verbose_name='common practice')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('history_id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('agency', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.agency')),
            ],
            options={
                'verbose_name': 'historical due rule',
                'verbose_name_plural': 'historical due rules',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [],
                'constraints': [],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='DueRule',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('code', models.SlugField(max_length=40, verbose_name='code')),
                ('risk', models.SmallIntegerField(choices=[(0, 'any risk'), (1, 'low'), (2, 'medium'), (3, 'high')], default=0, verbose_name='risk')),
                ('amount', models.SmallIntegerField(verbose_name='how long')),
                ('unit', models.CharField(choices=[('h', 'hours'), ('d', 'days'), ('w', 'working days')], max_length=1, verbose_name='unit')),
                ('title', models.CharField(max_length=90, verbose_name='what is to be done')),
                ('sentence', models.CharField(max_length=200, verbose_name='the rule')),
                ('source', models.CharField(blank=True, max_length=200, verbose_name='where it comes from')),
                ('is_common_practice', models.BooleanField(default=False, verbose_name='common practice')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('agency', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.agency')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.UniqueConstraint(fields=('agency', 'code', 'risk'), name='one_rule_of_a_code', nulls_distinct=False)],
            },
        ),
    ]
