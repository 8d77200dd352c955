"""The clock, the event table with its guards, and the function that refuses changes to what is kept."""

import django.contrib.postgres.fields
from django.db import migrations, models

import portal.audit.ids

SQL = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE SCHEMA audit;
CREATE SCHEMA access;
GRANT USAGE ON SCHEMA audit, access TO app, clock, guard, anchor;
GRANT CREATE ON SCHEMA audit, access TO guard;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app, clock, guard, anchor;

-- Which kind of database this is; a live one can never be turned into a demonstration.
CREATE TABLE audit_databasekind (kind text PRIMARY KEY CHECK (kind IN ('live', 'demo', 'test')));
GRANT SELECT ON audit_databasekind TO app, clock, guard, anchor;

CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT now()';
GRANT EXECUTE ON FUNCTION app_now() TO PUBLIC;

CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is kept as it is: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TABLE audit_event (
  id uuid NOT NULL,
  recorded timestamptz NOT NULL,
  tx xid8 NOT NULL,
  kind varchar(40) NOT NULL,
  action char(1) NOT NULL CHECK (action IN ('C', 'R', 'U', 'D', 'E')),
  outcome varchar(10) NOT NULL CHECK (outcome IN ('ok', 'refused', 'failed')),
  reason_code varchar(40) NOT NULL,
  child_id uuid,
  series_id uuid,
  entity varchar(80) NOT NULL,
  entity_id uuid,
  entities uuid[] NOT NULL,
  sections smallint[] NOT NULL,
  basis varchar(80) NOT NULL,
  purpose text NOT NULL,
  purpose_hash varchar(64) NOT NULL DEFAULT '',  -- of a purpose that was erased
  details jsonb NOT NULL,
  person_id uuid,
  person text NOT NULL,
  agency_id uuid,
  agency text NOT NULL,
  role varchar(200) NOT NULL,
  via varchar(20) NOT NULL,
  session varchar(16) NOT NULL,
  request_id varchar(40) NOT NULL,
  address varchar(45) NOT NULL,
  mac bytea NOT NULL DEFAULT '\\x',  -- that the application wrote it; the database knows no key (docs/decisions/0051)
  PRIMARY KEY (recorded, id)
) PARTITION BY RANGE (recorded);
CREATE INDEX audit_event_child ON audit_event (child_id, recorded DESC) WHERE child_id IS NOT NULL;
CREATE INDEX audit_event_person ON audit_event (person_id, recorded DESC);
CREATE INDEX audit_event_agency ON audit_event (agency_id, recorded DESC);
CREATE INDEX audit_event_entities ON audit_event USING gin (entities);
CREATE INDEX audit_event_refused ON audit_event (recorded DESC) WHERE outcome = 'refused';
CREATE TRIGGER audit_event_kept BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT ON audit_event TO app, clock;
GRANT SELECT ON audit_event TO guard, anchor;

-- Makes the partitions from the month of the first day to that of the last one, each with its own guards.
CREATE FUNCTION audit.make_partitions(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  month date := date_trunc('month', first);
  part text;
  made integer := 0;
BEGIN
  IF last > first + 4000 THEN RAISE EXCEPTION 'more than ten years of partitions asked for'; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('audit.make_partitions'));
  WHILE month <= last LOOP
    part := 'audit_event_' || to_char(month, 'YYYY_MM');
    IF to_regclass('public.' || part) IS NULL THEN
      EXECUTE format('CREATE TABLE public.%I PARTITION OF public.audit_event FOR VALUES FROM (%L) TO (%L)',
                     part, month::text || ' 00:00+00', (month + interval '1 month')::date::text || ' 00:00+00');
      EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()',
                     part || '_kept', part);
      EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part);
      EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part);
      EXECUTE format('CREATE POLICY inside ON public.%I TO owner USING (true)', part);
      made := made + 1;
    END IF;
    month := month + interval '1 month';
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION audit.make_partitions(date, date) FROM PUBLIC;

CREATE FUNCTION audit.make_partitions() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT audit.make_partitions(app_now()::date - 1, (app_now() + interval '2 months')::date) $$;
REVOKE ALL ON FUNCTION audit.make_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.make_partitions() TO app, clock;
"""

STATE = migrations.CreateModel(
    name="AccessEvent",
    fields=[
        ("id", models.UUIDField(default=portal.audit.ids.uuid7, primary_key=True, serialize=False)),
        ("recorded", models.DateTimeField()),
        ("kind", models.CharField(max_length=40)),
        ("action", models.CharField(max_length=1)),
        ("outcome", models.CharField(max_length=10)),
        ("reason_code", models.CharField(max_length=40)),
        ("child_id", models.UUIDField(null=True)),
        ("series_id", models.UUIDField(null=True)),
        ("entity", models.CharField(max_length=80)),
        ("entity_id", models.UUIDField(null=True)),
        ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
        ("sections", django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
        ("basis", models.CharField(max_length=80)),
        ("purpose", models.TextField()),
        ("details", models.JSONField()),
        ("person_id", models.UUIDField(null=True)),
        ("person", models.TextField()),
        ("agency_id", models.UUIDField(null=True)),
        ("agency", models.TextField()),
        ("role", models.CharField(max_length=200)),
        ("via", models.CharField(max_length=20)),
        ("session", models.CharField(max_length=16)),
        ("request_id", models.CharField(max_length=40)),
        ("address", models.CharField(max_length=45)),
    ],
    options={"db_table": "audit_event", "managed": False, "default_permissions": ()},
)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(SQL), STATE]
