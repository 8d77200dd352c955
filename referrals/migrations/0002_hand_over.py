"""Hand-overs of a child from one team to another."""

import django.db.models.deletion
import portal.audit.ids
import portal.casework.fields
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from portal.audit.making_tables import MakingTables


class Migration(MakingTables):

    dependencies = [
        ('referrals', '0001_initial'),
        ('access', '0001_initial'),
        ('accounts', '0001_initial'),
        ('victims', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('case_number', models.CharField(editable=False, max_length=20)),
                ('code_name', models.CharField(editable=False, max_length=40)),
                ('keeps', models.BooleanField(default=True, verbose_name='the team that gives keeps the investigation')),
                ('state', models.SmallIntegerField(choices=[(1, 'Begun'), (2, 'Signed by who gives'), (3, 'Handed over'), (4, 'Not received'), (5, 'Called off')], default=1, editable=False, verbose_name='state')),
                ('started', models.DateTimeField(editable=False)),
                ('medical_by', models.DateTimeField(editable=False, null=True)),
                ('how', portal.casework.fields.RingSealedTextField(blank=True, verbose_name='how the child is now')),
                ('given', models.DateTimeField(editable=False, null=True)),
                ('received', models.DateTimeField(editable=False, null=True)),
                ('number', models.CharField(blank=True, editable=False, max_length=20)),
                ('ended', models.DateTimeField(editable=False, null=True)),
                ('end_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('child', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('ended_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('expected', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('from_team', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
                ('giver', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('grant', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='hand_over', to='access.grant')),
                ('kept', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='kept_by', to='access.grant')),
                ('receiver', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('started_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('to_team', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['to_team', 'state'], name='hand_over_to')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', (1, 2))), fields=('child',), name='one_open_hand_over'), models.CheckConstraint(condition=models.Q(('from_team', models.F('to_team')), _negated=True), name='hand_over_between_two_teams'), models.CheckConstraint(condition=models.Q(('giver', None), ('receiver', None), models.Q(('giver', models.F('receiver')), _negated=True), _connector='OR'), name='hand_over_signed_by_two'), models.CheckConstraint(condition=models.Q(models.Q(('given', None), ('giver', None)), models.Q(('given__isnull', False), ('giver__isnull', False)), _connector='OR'), name='given_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('number', ''), ('received', None), ('receiver', None)), models.Q(('given__isnull', False), ('received__isnull', False), ('receiver__isnull', False), models.Q(('number', ''), _negated=True)), _connector='OR'), name='received_by_somebody_with_a_number'), models.CheckConstraint(condition=models.Q(models.Q(('given', None), ('state', 1)), models.Q(('given__isnull', False), ('received', None), ('state', 2)), models.Q(('received__isnull', False), ('state', 3)), models.Q(('received', None), ('state__in', [4, 5])), _connector='OR'), name='hand_over_state_is_signed'), models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended', None), ('ended_by', None), ('state__lt', 4)), models.Q(('ended__isnull', False), ('ended_by__isnull', False), ('state__gte', 4), models.Q(('end_reason', ''), _negated=True)), _connector='OR'), name='hand_over_ends_with_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='HandOverItem',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('kind', models.SlugField(max_length=60, verbose_name='what')),
                ('words', models.CharField(blank=True, max_length=120, verbose_name='what exactly')),
                ('given', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='given')),
                ('received', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='received')),
                ('difference', models.CharField(blank=True, max_length=200, verbose_name='why the counts differ')),
                ('child', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('hand_over', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='referrals.handover')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('given', None), ('received', None), ('received', models.F('given')), models.Q(('difference', ''), _negated=True), _connector='OR'), name='different_counts_say_why')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalHandOver',
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
                ('case_number', models.CharField(editable=False, max_length=20)),
                ('code_name', models.CharField(editable=False, max_length=40)),
                ('keeps', models.BooleanField(default=True, verbose_name='the team that gives keeps the investigation')),
                ('state', models.SmallIntegerField(choices=[(1, 'Begun'), (2, 'Signed by who gives'), (3, 'Handed over'), (4, 'Not received'), (5, 'Called off')], default=1, editable=False, verbose_name='state')),
                ('started', models.DateTimeField(editable=False)),
                ('medical_by', models.DateTimeField(editable=False, null=True)),
                ('how', portal.casework.fields.RingSealedTextField(blank=True, verbose_name='how the child is now')),
                ('given', models.DateTimeField(editable=False, null=True)),
                ('received', models.DateTimeField(editable=False, null=True)),
                ('number', models.CharField(blank=True, editable=False, max_length=20)),
                ('ended', models.DateTimeField(editable=False, null=True)),
                ('end_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('history_id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('child', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='victims.child')),
                ('ended_by', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('expected', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('from_team', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.team')),
                ('giver', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('grant', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='access.grant')),
                ('kept', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='access.grant')),
                ('receiver', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('started_by', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('to_team', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.team')),
            ],
            options={
                'verbose_name': 'historical hand over',
                'verbose_name_plural': 'historical hand overs',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalHandOverItem',
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
                ('kind', models.SlugField(max_length=60, verbose_name='what')),
                ('words', models.CharField(blank=True, max_length=120, verbose_name='what exactly')),
                ('given', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='given')),
                ('received', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='received')),
                ('difference', models.CharField(blank=True, max_length=200, verbose_name='why the counts differ')),
                ('history_id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('child', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='victims.child')),
                ('hand_over', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='referrals.handover')),
            ],
            options={
                'verbose_name': 'historical hand over item',
                'verbose_name_plural': 'historical hand over items',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
