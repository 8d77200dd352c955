"""What leaves a file on paper, what the child asks for, and what the child says is wrong."""

import django.contrib.postgres.fields
import django.db.models.deletion
import portal.audit.ids
import portal.casework.fields
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from portal.audit.making_tables import MakingTables

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
        ('victims', '0004_claims'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChildRequest',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('kind', models.CharField(choices=[('copy', 'a copy of the file'), ('looks', 'who looked at the file'), ('correction', 'something that is wrong'), ('erasure', 'that it is deleted')], max_length=12, verbose_name='what is asked for')),
                ('asker', models.CharField(choices=[('child', 'the child'), ('guardian', 'a parent or guardian'), ('acting', 'somebody who acts for the child')], max_length=10, verbose_name='who asks')),
                ('checked', portal.casework.fields.SealedTextField(verbose_name='how it was checked who asks, and that they may')),
                ('asked_on', models.DateField(verbose_name='asked on')),
                ('language', models.CharField(choices=[('en', 'English'), ('ar', 'العربية')], max_length=2, verbose_name='language of the answer')),
                ('safely', portal.casework.fields.SealedTextField(verbose_name='how to give the answer without harm')),
                ('recorded', models.DateTimeField(editable=False)),
                ('due', models.DateField(editable=False, verbose_name='answer by')),
                ('longer_why', portal.casework.fields.SealedTextField(blank=True, editable=False, null=True, verbose_name='why it takes longer')),
                ('state', models.SmallIntegerField(choices=[(1, 'open'), (2, 'answered'), (3, 'not met'), (4, 'taken back')], default=1, editable=False)),
                ('answered', models.DateTimeField(editable=False, null=True)),
                ('given_to', portal.casework.fields.SealedTextField(blank=True, null=True, verbose_name='to whom the answer was given')),
                ('given_how', portal.casework.fields.SealedTextField(blank=True, null=True, verbose_name='how it was given')),
                ('words', portal.casework.fields.SealedTextField(blank=True, null=True, verbose_name='what was answered')),
                ('answered_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('child', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('recorded_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('answered', None), ('answered_by', None), ('state', 1), ('words__isnull', True)), models.Q(('answered__isnull', False), ('answered_by__isnull', False), ('state__gt', 1), ('words__isnull', False)), _connector='OR'), name='request_ended_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalChildRequest',
            fields=[
                *STAMP,
                ('kind', models.CharField(choices=[('copy', 'a copy of the file'), ('looks', 'who looked at the file'), ('correction', 'something that is wrong'), ('erasure', 'that it is deleted')], max_length=12, verbose_name='what is asked for')),
                ('asker', models.CharField(choices=[('child', 'the child'), ('guardian', 'a parent or guardian'), ('acting', 'somebody who acts for the child')], max_length=10, verbose_name='who asks')),
                ('checked', portal.casework.fields.SealedTextField(verbose_name='how it was checked who asks, and that they may')),
                ('asked_on', models.DateField(verbose_name='asked on')),
                ('language', models.CharField(choices=[('en', 'English'), ('ar', 'العربية')], max_length=2, verbose_name='language of the answer')),
                ('safely', portal.casework.fields.SealedTextField(verbose_name='how to give the answer without harm')),
                ('recorded', models.DateTimeField(editable=False)),
                ('due', models.DateField(editable=False, verbose_name='answer by')),
                ('longer_why', portal.casework.fields.SealedTextField(blank=True, editable=False, null=True, verbose_name='why it takes longer')),
                ('state', models.SmallIntegerField(choices=[(1, 'open'), (2, 'answered'), (3, 'not met'), (4, 'taken back')], default=1, editable=False)),
                ('answered', models.DateTimeField(editable=False, null=True)),
                ('given_to', portal.casework.fields.SealedTextField(blank=True, null=True, verbose_name='to whom the answer was given')),
                ('given_how', portal.casework.fields.SealedTextField(blank=True, null=True, verbose_name='how it was given')),
                ('words', portal.casework.fields.SealedTextField(blank=True, null=True, verbose_name='what was answered')),
                ('answered_by', kept(settings.AUTH_USER_MODEL, editable=False)),
                ('child', kept('victims.child', editable=False)),
                ('recorded_by', kept(settings.AUTH_USER_MODEL, editable=False)),
            ],
            options=history_of('child request'),
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('kind', models.CharField(choices=[('order', 'for an order'), ('copy', 'for the child')], editable=False, max_length=6)),
                ('authority', models.CharField(blank=True, max_length=120, verbose_name='court or authority')),
                ('order_number', models.CharField(blank=True, max_length=60, verbose_name='order number')),
                ('issued', models.DateField(null=True, verbose_name='issued on')),
                ('answer_by', models.DateField(blank=True, null=True, verbose_name='answer by')),
                ('legal_basis', models.SlugField(max_length=60, verbose_name='legal basis')),
                ('parts', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None, verbose_name='sections')),
                ('begins', models.DateField(blank=True, null=True, verbose_name='from')),
                ('ends', models.DateField(blank=True, null=True, verbose_name='until')),
                ('reason', portal.casework.fields.SealedTextField(verbose_name='what it is needed for')),
                ('language', models.CharField(choices=[('en', 'English'), ('ar', 'العربية')], max_length=2, verbose_name='language')),
                ('with_looks', models.BooleanField(default=False)),
                ('withheld', models.JSONField(default=dict)),
                ('asked', models.DateTimeField(editable=False)),
                ('state', models.SmallIntegerField(choices=[(1, 'waits for decisions'), (2, 'changes asked'), (3, 'refused'), (4, 'approved, not made yet'), (5, 'made'), (6, 'taken back')], default=1, editable=False)),
                ('made', models.DateTimeField(editable=False, null=True)),
                ('until', models.DateTimeField(editable=False, null=True)),
                ('digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('asked_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('child', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('order_document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casework.attachment')),
                ('request', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='victims.childrequest')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('digest__regex', '^[0-9a-f]{64}$'), ('made__isnull', False), ('state', 5), ('until__isnull', False)), models.Q(models.Q(('state', 5), _negated=True), ('digest', ''), ('made', None), ('until', None)), _connector='OR'), name='disclosure_made_with_hash'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'copy'), ('request__isnull', False)), models.Q(('issued__isnull', False), ('kind', 'order'), ('request', None), models.Q(('authority', ''), _negated=True), models.Q(('order_number', ''), _negated=True)), _connector='OR'), name='order_has_number'), models.CheckConstraint(condition=models.Q(('parts__len__gte', 1), ('with_looks', True), _connector='OR'), name='disclosure_names_parts'), models.CheckConstraint(condition=models.Q(('begins', None), ('ends', None), ('ends__gte', models.F('begins')), _connector='OR'), name='disclosed_days_in_order')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalDisclosure',
            fields=[
                *STAMP,
                ('kind', models.CharField(choices=[('order', 'for an order'), ('copy', 'for the child')], editable=False, max_length=6)),
                ('authority', models.CharField(blank=True, max_length=120, verbose_name='court or authority')),
                ('order_number', models.CharField(blank=True, max_length=60, verbose_name='order number')),
                ('issued', models.DateField(null=True, verbose_name='issued on')),
                ('answer_by', models.DateField(blank=True, null=True, verbose_name='answer by')),
                ('legal_basis', models.SlugField(max_length=60, verbose_name='legal basis')),
                ('parts', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None, verbose_name='sections')),
                ('begins', models.DateField(blank=True, null=True, verbose_name='from')),
                ('ends', models.DateField(blank=True, null=True, verbose_name='until')),
                ('reason', portal.casework.fields.SealedTextField(verbose_name='what it is needed for')),
                ('language', models.CharField(choices=[('en', 'English'), ('ar', 'العربية')], max_length=2, verbose_name='language')),
                ('with_looks', models.BooleanField(default=False)),
                ('withheld', models.JSONField(default=dict)),
                ('asked', models.DateTimeField(editable=False)),
                ('state', models.SmallIntegerField(choices=[(1, 'waits for decisions'), (2, 'changes asked'), (3, 'refused'), (4, 'approved, not made yet'), (5, 'made'), (6, 'taken back')], default=1, editable=False)),
                ('made', models.DateTimeField(editable=False, null=True)),
                ('until', models.DateTimeField(editable=False, null=True)),
                ('digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('asked_by', kept(settings.AUTH_USER_MODEL, editable=False)),
                ('child', kept('victims.child', editable=False)),
                ('order_document', kept('casework.attachment')),
                ('request', kept('victims.childrequest', editable=False)),
            ],
            options=history_of('disclosure'),
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='DisclosureContent',
            fields=[
                ('disclosure', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='content', serialize=False, to='victims.disclosure')),
                ('gathered', models.BinaryField()),
                ('pdf', models.BinaryField(null=True)),
                ('cover', models.BinaryField(null=True)),
                ('child', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
            ],
            options={
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.UUIDField(default=portal.audit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('section', models.SmallIntegerField(editable=False)),
                ('record_id', models.UUIDField(editable=False, null=True)),
                ('wrong', portal.casework.fields.SealedTextField(verbose_name='what is wrong')),
                ('correct', portal.casework.fields.SealedTextField(verbose_name='what is right')),
                ('state', models.SmallIntegerField(choices=[(1, 'waits for an answer'), (2, 'accepted'), (3, 'not accepted')], default=1, editable=False)),
                ('decided', models.DateTimeField(editable=False, null=True)),
                ('reason', portal.casework.fields.SealedTextField(blank=True, verbose_name='why')),
                ('statement', portal.casework.fields.SealedTextField(blank=True, verbose_name='what the child says')),
                ('stated', models.DateTimeField(editable=False, null=True)),
                ('withdrawn', models.DateTimeField(editable=False, null=True)),
                ('child', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='victims.child')),
                ('decided_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='victims.childrequest')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(condition=models.Q(('stated__isnull', False), ('withdrawn', None)), fields=['child', 'section'], name='statement_that_stands')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided', None), ('decided_by', None), ('state', 1)), models.Q(('decided__isnull', False), ('decided_by__isnull', False), ('state__gt', 1)), _connector='OR'), name='correction_decided_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('stated', None), ('withdrawn', None)), models.Q(('state', 3), ('stated__isnull', False)), _connector='OR'), name='statement_where_declined')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalCorrection',
            fields=[
                *STAMP,
                ('section', models.SmallIntegerField(editable=False)),
                ('record_id', models.UUIDField(editable=False, null=True)),
                ('wrong', portal.casework.fields.SealedTextField(verbose_name='what is wrong')),
                ('correct', portal.casework.fields.SealedTextField(verbose_name='what is right')),
                ('state', models.SmallIntegerField(choices=[(1, 'waits for an answer'), (2, 'accepted'), (3, 'not accepted')], default=1, editable=False)),
                ('decided', models.DateTimeField(editable=False, null=True)),
                ('reason', portal.casework.fields.SealedTextField(blank=True, verbose_name='why')),
                ('statement', portal.casework.fields.SealedTextField(blank=True, verbose_name='what the child says')),
                ('stated', models.DateTimeField(editable=False, null=True)),
                ('withdrawn', models.DateTimeField(editable=False, null=True)),
                ('child', kept('victims.child', editable=False)),
                ('decided_by', kept(settings.AUTH_USER_MODEL, editable=False)),
                ('request', kept('victims.childrequest', editable=False)),
            ],
            options=history_of('correction'),
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
