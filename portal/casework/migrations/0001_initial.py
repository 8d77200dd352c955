"""What works without a file: one-time keys, vocabularies, the outbox. After the libraries' own tables."""

import django.db.models.deletion
import portal.audit.ids
import simple_history.models
from django.db import migrations, models

from portal.audit.making_tables import MakingTables


class Migration(MakingTables):

    initial = True

    dependencies = [
        ('account', '0009_emailaddress_unique_primary_email'),
        ('accounts', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('guardian', '0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more'),
        ('mfa', '0003_authenticator_type_uniq'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='OnceKey',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('key', models.CharField(max_length=40)),
                ('digest', models.CharField(max_length=64)),
                ('location', models.CharField(max_length=200)),
                ('made', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.UniqueConstraint(fields=('person_id', 'key'), name='one_use_of_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('address', models.CharField(max_length=300)),
                ('path', models.CharField(max_length=300)),
                ('child_id', models.UUIDField(null=True)),
                ('section', models.SmallIntegerField(null=True)),
                ('level', models.SmallIntegerField(default=0)),
                ('by_ring', models.BooleanField(default=False)),
                ('closed', models.BinaryField()),
                ('saved', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['saved'], name='draft_age'), models.Index(fields=['child_id', 'section'], name='draft_of_section')],
                'constraints': [models.UniqueConstraint(fields=('person_id', 'address'), name='one_draft_of_a_form')],
            },
        ),
        migrations.CreateModel(
            name='Lookup',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('vocabulary', models.CharField(max_length=40, verbose_name='vocabulary')),
                ('code', models.SlugField(max_length=60, verbose_name='code')),
                ('label', models.CharField(max_length=120, verbose_name='label in English')),
                ('label_ar', models.CharField(blank=True, max_length=120, verbose_name='label in Arabic')),
                ('position', models.PositiveSmallIntegerField(default=100, verbose_name='position')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'ordering': ['vocabulary', 'position', 'label'],
                'abstract': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.UniqueConstraint(fields=('vocabulary', 'code'), name='one_code_per_vocabulary')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalLookup',
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
                ('vocabulary', models.CharField(max_length=40, verbose_name='vocabulary')),
                ('code', models.SlugField(max_length=60, verbose_name='code')),
                ('label', models.CharField(max_length=120, verbose_name='label in English')),
                ('label_ar', models.CharField(blank=True, max_length=120, verbose_name='label in Arabic')),
                ('position', models.PositiveSmallIntegerField(default=100, verbose_name='position')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('history_id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical lookup',
                'verbose_name_plural': 'historical lookups',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [],
                'constraints': [],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('subject_id', models.UUIDField(null=True)),
                ('person_id', models.UUIDField(null=True)),
                ('made', models.DateTimeField()),
                ('due', models.DateTimeField()),
                ('published', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting', max_length=10)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('problem', models.TextField(blank=True)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['due'], name='job_waiting'), models.Index(fields=['person_id', '-id'], name='job_of_person')],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Processed',
            fields=[
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='casework.job')),
                ('at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
        ),
    ]
