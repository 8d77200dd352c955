"""Claims on pairs of series, and questions to the teams that hold them."""

import django.db.models.deletion
import portal.audit.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from portal.audit.making_tables import MakingTables

ANSWERS = [(1, 'Speaks for the same child'), (2, 'Speaks against the same child'), (3, 'Cannot be told from the files')]
STAMP = [
    ('history_by', models.TextField()),
    ('history_agency_id', models.UUIDField(null=True)),
    ('history_agency', models.TextField()),
    ('history_role', models.CharField(max_length=200)),
    ('history_via', models.CharField(max_length=20)),
    ('id', models.UUIDField(db_index=True, default=portal.audit.ids.uuid7, editable=False)),
    ('version', models.PositiveIntegerField(default=1, editable=False)),
    ('history_user_id', models.UUIDField(null=True)),
    ('history_change_reason', models.TextField(blank=True, default='')),
    ('history_id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
    ('history_date', models.DateTimeField(db_index=True)),
    ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
]


def kept(to, **more):
    """Return a foreign key that a history row keeps."""
    return models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=to, **more)


def history_of(words):
    """Return the options of a history table."""
    return {
        'verbose_name': f'historical {words}',
        'verbose_name_plural': f'historical {words}s',
        'ordering': ('-history_date', '-history_id'),
        'get_latest_by': ('history_date', 'history_id'),
        'indexes': [],
        'constraints': [],
    }


class Migration(MakingTables):

    dependencies = [
        ('accounts', '0001_initial'),
        ('casework', '0002_records'),
        ('victims', '0003_rescue'),
    ]

    operations = [
        migrations.CreateModel(
            name='MatchClaim',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('pair', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='claim', to='victims.seriespair')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='claim_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalMatchClaim',
            fields=[
                *STAMP,
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('pair', kept('victims.seriespair')),
                ('person', kept(settings.AUTH_USER_MODEL)),
            ],
            options=history_of('match claim'),
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='MatchQuestion',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('question', models.CharField(max_length=300, verbose_name='what to look at')),
                ('asked', models.DateTimeField()),
                ('answer', models.SmallIntegerField(choices=ANSWERS, null=True, verbose_name='answer')),
                ('words', models.CharField(blank=True, max_length=300, verbose_name='what the files show')),
                ('answered', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pair', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='victims.seriespair')),
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casework.task')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.UniqueConstraint(condition=models.Q(('answer', None)), fields=('pair', 'team'), name='one_open_question'), models.CheckConstraint(condition=models.Q(models.Q(('answer', None), ('answered', None), ('answered_by', None), ('words', '')), models.Q(('answer__isnull', False), ('answered__isnull', False), ('answered_by__isnull', False), models.Q(('words', ''), _negated=True)), _connector='OR'), name='answer_with_words_and_officer')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalMatchQuestion',
            fields=[
                *STAMP,
                ('question', models.CharField(max_length=300, verbose_name='what to look at')),
                ('asked', models.DateTimeField()),
                ('answer', models.SmallIntegerField(choices=ANSWERS, null=True, verbose_name='answer')),
                ('words', models.CharField(blank=True, max_length=300, verbose_name='what the files show')),
                ('answered', models.DateTimeField(null=True)),
                ('answered_by', kept(settings.AUTH_USER_MODEL)),
                ('asked_by', kept(settings.AUTH_USER_MODEL)),
                ('pair', kept('victims.seriespair')),
                ('task', kept('casework.task')),
                ('team', kept('accounts.team')),
            ],
            options=history_of('match question'),
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
