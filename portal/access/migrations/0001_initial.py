"""Identity tokens, grants, their projection, conflicts of interest."""

import django.contrib.postgres.fields
import django.db.models.deletion
import portal.audit.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('casework', '0002_records'),
        ('victims', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConflictOfInterest',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('ended', models.DateTimeField(null=True)),
                ('child', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended', None)), fields=('person', 'child'), name='one_live_conflict')],
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('view', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), default=list, size=None)),
                ('change', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), default=list, size=None)),
                ('basis', models.CharField(choices=[('ownership', 'owner of the file'), ('assignment', 'assigned inside the agency'), ('referral', 'referral'), ('transfer', 'transfer'), ('hand_over', 'hand-over'), ('shared_series', 'shared series'), ('court_order', 'court order'), ('emergency', 'emergency access')], max_length=20)),
                ('legal_basis', models.CharField(blank=True, max_length=60)),
                ('reason', models.CharField(max_length=300)),
                ('begins', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('accepted', models.DateTimeField(null=True)),
                ('ended', models.DateTimeField(null=True)),
                ('end_reason', models.CharField(blank=True, max_length=300)),
                ('onward', models.BooleanField(default=False)),
                ('accepted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agency', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.agency')),
                ('child', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='onward_grants', to='access.grant')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('series', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.series')),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['child', 'ended'], name='grant_of_child'), models.Index(fields=['series', 'ended'], name='grant_of_series')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('child', None), ('series__isnull', False)), models.Q(('child__isnull', False), ('series', None)), _connector='OR'), name='grant_has_one_root'), models.CheckConstraint(condition=models.Q(models.Q(('agency', None), ('person', None), ('team__isnull', False)), models.Q(('agency', None), ('person__isnull', False), ('team', None)), models.Q(('agency__isnull', False), ('person', None), ('team', None)), _connector='OR'), name='grant_has_one_audience'), models.CheckConstraint(condition=models.Q(('until__gt', models.F('begins'))), name='grant_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('accepted', None), ('accepted_by', None)), models.Q(('accepted__isnull', False), ('accepted_by__isnull', False)), _connector='OR'), name='grant_accepted_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended', None), ('ended_by', None)), models.Q(('ended__isnull', False), ('ended_by__isnull', False), models.Q(('end_reason', ''), _negated=True)), _connector='OR'), name='grant_ended_by_somebody_with_reason'), models.CheckConstraint(condition=models.Q(('view__contains', models.F('change'))), name='grant_view_covers_change'), models.CheckConstraint(condition=models.Q(models.Q(('view__contains', [5]), _negated=True), ('person__isnull', False), _connector='OR'), name='therapy_is_given_to_a_named_person'), models.CheckConstraint(condition=models.Q(('child', None), ('view__contains', [1]), _connector='OR'), name='every_grant_of_a_file_shows_summary'), models.UniqueConstraint(condition=models.Q(('basis', 'ownership'), ('ended', None)), fields=('child',), name='one_owner_of_a_file'), models.CheckConstraint(condition=models.Q(('agency', None), models.Q(('change', []), ('view', [1])), _connector='OR'), name='agency_gets_the_summary_line_only')],
            },
        ),
        migrations.CreateModel(
            name='ChildGroupPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_until', models.DateTimeField()),
                ('stage', models.SmallIntegerField()),
                ('content_object', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group')),
                ('permission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.permission')),
                ('grant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.grant')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['group', 'permission', 'stage', 'content_object'], include=('valid_until',), name='child_group_stage'), models.Index(fields=['content_object', 'permission', 'group'], include=('valid_until', 'stage'), name='child_group_object')],
                'constraints': [models.UniqueConstraint(fields=('group', 'permission', 'content_object'), include=('valid_until', 'stage'), name='child_group_permission')],
            },
        ),
        migrations.CreateModel(
            name='ChildUserPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_until', models.DateTimeField()),
                ('stage', models.SmallIntegerField()),
                ('content_object', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('permission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.permission')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('grant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.grant')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['user', 'permission', 'stage', 'content_object'], include=('valid_until',), name='child_user_stage'), models.Index(fields=['content_object', 'permission', 'user'], include=('valid_until', 'stage'), name='child_user_object')],
                'constraints': [models.UniqueConstraint(fields=('user', 'permission', 'content_object'), include=('valid_until', 'stage'), name='child_user_permission')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalConflictOfInterest',
            fields=[
                ('history_by', models.TextField()),
                ('history_agency_id', models.UUIDField(null=True)),
                ('history_agency', models.TextField()),
                ('history_role', models.CharField(max_length=40)),
                ('history_via', models.CharField(max_length=20)),
                ('id', models.UUIDField(db_index=True, default=portal.audit.ids.uuid7, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('history_user_id', models.UUIDField(null=True)),
                ('history_change_reason', models.TextField(blank=True, default='')),
                ('ended', models.DateTimeField(null=True)),
                ('history_id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('child', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='victims.child')),
                ('person', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical conflict of interest',
                'verbose_name_plural': 'historical conflict of interests',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [],
                'constraints': [],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalGrant',
            fields=[
                ('history_by', models.TextField()),
                ('history_agency_id', models.UUIDField(null=True)),
                ('history_agency', models.TextField()),
                ('history_role', models.CharField(max_length=40)),
                ('history_via', models.CharField(max_length=20)),
                ('id', models.UUIDField(db_index=True, default=portal.audit.ids.uuid7, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('history_user_id', models.UUIDField(null=True)),
                ('history_change_reason', models.TextField(blank=True, default='')),
                ('view', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), default=list, size=None)),
                ('change', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), default=list, size=None)),
                ('basis', models.CharField(choices=[('ownership', 'owner of the file'), ('assignment', 'assigned inside the agency'), ('referral', 'referral'), ('transfer', 'transfer'), ('hand_over', 'hand-over'), ('shared_series', 'shared series'), ('court_order', 'court order'), ('emergency', 'emergency access')], max_length=20)),
                ('legal_basis', models.CharField(blank=True, max_length=60)),
                ('reason', models.CharField(max_length=300)),
                ('begins', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('accepted', models.DateTimeField(null=True)),
                ('ended', models.DateTimeField(null=True)),
                ('end_reason', models.CharField(blank=True, max_length=300)),
                ('onward', models.BooleanField(default=False)),
                ('history_id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('accepted_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agency', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.agency')),
                ('child', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='victims.child')),
                ('ended_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('given_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='access.grant')),
                ('person', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('series', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='victims.series')),
                ('team', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.team')),
            ],
            options={
                'verbose_name': 'historical grant',
                'verbose_name_plural': 'historical grants',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [],
                'constraints': [],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='IdentityToken',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, primary_key=True, serialize=False)),
                ('digest', models.BinaryField(unique=True)),
                ('kind', models.CharField(max_length=10)),
                ('made', models.DateTimeField()),
                ('idle', models.DurationField()),
                ('until', models.DateTimeField()),
                ('latest', models.DateTimeField()),
                ('address', models.CharField(db_default='', max_length=45)),
                ('agent', models.CharField(db_default='', max_length=200)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['person', 'until'], name='token_of_person')],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cycle', models.CharField(max_length=10)),
                ('source', models.SmallIntegerField()),
                ('target', models.SmallIntegerField()),
                ('permission', models.IntegerField()),
                ('second_team', models.BooleanField()),
                ('owner_only', models.BooleanField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='OpeningKey',
            fields=[
                ('digest', models.BinaryField(primary_key=True, serialize=False)),
            ],
            options={
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=20)),
                ('section', models.SmallIntegerField()),
                ('level', models.SmallIntegerField()),
                ('stages', models.IntegerField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.UniqueConstraint(fields=('role', 'section', 'level'), name='one_rule')],
            },
        ),
        migrations.CreateModel(
            name='SeriesGroupPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_until', models.DateTimeField()),
                ('content_object', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.series')),
                ('grant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.grant')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group')),
                ('permission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.permission')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['content_object', 'permission', 'group'], name='series_group_object')],
                'constraints': [models.UniqueConstraint(fields=('group', 'permission', 'content_object'), include=('valid_until',), name='series_group_permission')],
            },
        ),
        migrations.CreateModel(
            name='SeriesUserPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_until', models.DateTimeField()),
                ('content_object', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.series')),
                ('grant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.grant')),
                ('permission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.permission')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['content_object', 'permission', 'user'], name='series_user_object')],
                'constraints': [models.UniqueConstraint(fields=('user', 'permission', 'content_object'), include=('valid_until',), name='series_user_permission')],
            },
        ),
    ]
