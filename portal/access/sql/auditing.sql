-- The history of a file for those who oversee it: what changed, who looked, by which right. Auditors and privacy officers
-- hold no grant, so everything here passes through functions of guard, which hand out field names, kinds, counts of words
-- and the few values that are no narrative (access.audited_tables(), made from portal/access/audited.py). Whoever does
-- not oversee the file gets nothing, and nothing tells that there is a file.

-- By which right the person reads the history of a file; NULL where there is none. A relation to the child beats all.
CREATE FUNCTION access.oversees(file uuid) RETURNS varchar
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  owner uuid := (SELECT c.owner_id FROM public.victims_child c WHERE c.id = file);
BEGIN
  IF owner IS NULL OR file = ANY (access.conflicts()) OR access.sealed_away(file) THEN RETURN NULL; END IF;
  IF access.has_role('{auditor}') THEN RETURN 'auditor'; END IF;
  IF access.has_role('{privacy_officer}')
     AND EXISTS (SELECT FROM public.accounts_team t WHERE t.id = owner AND t.agency_id = access.agency()) THEN
    RETURN 'privacy_officer';
  END IF;
  IF owner = ANY (access.teams()) AND EXISTS (SELECT FROM generate_series(1001, 1009) AS p WHERE access.holds(file, p)) THEN
    RETURN 'owner';
  END IF;
  RETURN NULL;
END $$;

-- The sections whose changes the person may learn of: all of them for oversight, those held for the team of the file.
CREATE FUNCTION access.overseen_parts(file uuid) RETURNS smallint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN CASE access.oversees(file)
    WHEN 'owner' THEN (SELECT coalesce(array_agg(s::smallint), '{}') FROM generate_series(1, 9) AS s WHERE access.holds(file, 1000 + s))
    WHEN 'auditor' THEN '{0,1,2,3,4,5,6,7,8,9}'::smallint[]
    WHEN 'privacy_officer' THEN '{0,1,2,3,4,5,6,7,8,9}'::smallint[]
    ELSE '{}'::smallint[] END;
END $$;

-- The file with this number, for whoever oversees it: a wrong number and one of somebody else's file are answered alike.
CREATE FUNCTION access.find_overseen(number varchar) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT c.id FROM public.victims_child c WHERE c.case_number = number AND access.oversees(c.id) IS NOT NULL);
END $$;

-- How many words a text has.
CREATE FUNCTION access.count_words(written text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce(array_length(regexp_split_to_array(nullif(btrim(written, E' \t\r\n'), ''), '\s+'), 1), 0);
END $$;

-- What changed between two versions of a record, field by field: plain values as they stand, of other texts the number of
-- words, of sealed fields that they changed and no more. It reads nothing but what it is given.
CREATE FUNCTION access.differences(history varchar, plain varchar[], later_row jsonb, earlier_row jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', f.name, 'changed', f.later IS DISTINCT FROM f.earlier,
      'kind', CASE WHEN f.name = ANY (plain) THEN 'plain' WHEN f.type = 'bytea'::regtype THEN 'sealed'
                   WHEN f.type IN ('text'::regtype, 'varchar'::regtype) THEN 'text' ELSE 'hidden' END,
      'before', CASE WHEN f.name = ANY (plain) THEN f.earlier END,
      'after', CASE WHEN f.name = ANY (plain) THEN f.later END,
      'words_before', CASE WHEN f.type IN ('text'::regtype, 'varchar'::regtype) THEN access.count_words(f.earlier #>> '{}') END,
      'words_after', CASE WHEN f.type IN ('text'::regtype, 'varchar'::regtype) THEN access.count_words(f.later #>> '{}') END
    ) ORDER BY f.place), '[]'::jsonb)
    FROM (SELECT a.attname::varchar AS name, a.attnum AS place, a.atttypid AS type,
                 nullif(nullif(nullif(later_row -> a.attname::text, 'null'), '""'), '[]') AS later,
                 nullif(nullif(nullif(earlier_row -> a.attname::text, 'null'), '""'), '[]') AS earlier
            FROM pg_attribute a
           WHERE a.attrelid = to_regclass('public.' || quote_ident(history)) AND a.attnum > 0 AND NOT a.attisdropped
             AND a.attname <> ALL ('{id,version,child_id,code_name_key,case_number,tx}') AND a.attname !~ '^history_') f);
END $$;

-- The newest changes of a file before a place in the list, of one person, one agency, one section or some days, or the one
-- change asked for. Where each stands is worked out first; the differences are made for those that are shown.
CREATE FUNCTION access.file_changes(file uuid, at timestamptz, last uuid, most integer, who uuid, whose uuid, part integer,
                                    first timestamptz, beyond timestamptz, only_one uuid)
RETURNS TABLE (source varchar, history_id uuid, recorded timestamptz, section smallint, person_id uuid, person text,
               agency_id uuid, agency text, role varchar, via varchar, version integer, reason_words integer, fields jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  parts smallint[] := access.overseen_parts(file);
  arms text;
  line record;
  here jsonb;
  earlier jsonb;
BEGIN
  IF parts = '{}' THEN RETURN; END IF;
  SELECT string_agg(format('(SELECT %L::varchar AS source, %L::varchar AS history, %L::varchar[] AS plain, h.history_id,'
      ' h.history_date, (%s)::smallint AS part FROM public.%I h WHERE h.%I = $1 AND (h.history_date, h.history_id) < ($2, $3)'
      ' AND ($5 IS NULL OR h.history_user_id = $5) AND ($6 IS NULL OR h.history_agency_id = $6)'
      ' AND (%s)::smallint = ANY ($7) AND ($8 IS NULL OR h.history_date >= $8) AND ($9 IS NULL OR h.history_date < $9)'
      ' AND ($10 IS NULL OR h.history_id = $10) ORDER BY h.history_date DESC, h.history_id DESC LIMIT $4)',
      t.source, t.history, t.plain, t.part, t.history, t.owner_column, t.part), ' UNION ALL ')
    INTO arms FROM access.audited_tables() t;
  FOR line IN EXECUTE arms || ' ORDER BY history_date DESC, history_id DESC LIMIT $4'
    USING file, at, last, least(most, 101), who, whose,
      CASE WHEN part IS NULL THEN parts ELSE ARRAY(SELECT p FROM unnest(parts) AS p WHERE p = part) END,
      first, beyond, only_one
  LOOP
    EXECUTE format('SELECT to_jsonb(h), (SELECT to_jsonb(b) FROM public.%I b WHERE b.id = h.id AND b.version = h.version - 1)'
      ' FROM public.%I h WHERE h.history_id = $1', line.history, line.history)
      INTO here, earlier USING line.history_id;
    source := line.source;
    history_id := line.history_id;
    recorded := line.history_date;
    section := line.part;
    person_id := (here ->> 'history_user_id')::uuid;
    person := here ->> 'history_by';
    agency_id := (here ->> 'history_agency_id')::uuid;
    agency := here ->> 'history_agency';
    role := here ->> 'history_role';
    via := here ->> 'history_via';
    version := (here ->> 'version')::integer;
    reason_words := access.count_words(here ->> 'history_change_reason');
    fields := access.differences(line.history, line.plain, here, earlier);
    RETURN NEXT;
  END LOOP;
END $$;

-- The heading of a file's history: its number and states, who owns it, and how much there is to read.
CREATE FUNCTION access.overseen_file(file uuid)
RETURNS TABLE (id uuid, case_number varchar, identity smallint, stage smallint, owner_id uuid, opened timestamptz,
               oversight varchar, changes bigint, looks bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  found varchar := access.oversees(file);
  parts smallint[] := access.overseen_parts(file);
  arms text;
  counted bigint;
BEGIN
  IF found IS NULL THEN RETURN; END IF;
  SELECT string_agg(format('SELECT count(*) AS n FROM public.%I h WHERE h.%I = $1 AND (%s)::smallint = ANY ($2)',
      t.history, t.owner_column, t.part), ' UNION ALL ') INTO arms FROM access.audited_tables() t;
  EXECUTE 'SELECT sum(n)::bigint FROM (' || arms || ') counted' INTO counted USING file, parts;
  RETURN QUERY SELECT c.id, c.case_number, c.identity, c.stage, c.owner_id, c.opened, found, counted,
      (SELECT count(*) FROM public.audit_event e WHERE (e.child_id = file OR e.entities @> ARRAY[file])
         AND ((e.action = 'R' AND e.outcome = 'ok') OR e.outcome = 'refused'))
    FROM public.victims_child c WHERE c.id = file;
END $$;

-- Who looked at a file, at what, how often and by which right; refusals count by themselves. The newest come first.
CREATE FUNCTION access.file_looks(file uuid, most integer, who uuid, whose uuid, part integer, refused boolean,
                                  first timestamptz, beyond timestamptz)
RETURNS TABLE (person_id uuid, person text, agency_id uuid, agency text, kind varchar, outcome varchar, basis varchar,
               basis_until timestamptz, sections smallint[], times bigint, latest timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  parts smallint[] := access.overseen_parts(file);
BEGIN
  IF parts = '{}' THEN RETURN; END IF;
  RETURN QUERY
    SELECT l.person_id, l.person, l.agency_id, l.agency, l.kind, l.outcome, l.right_used, l.right_until,
           coalesce(array_agg(DISTINCT s.n) FILTER (WHERE s.n = ANY (parts)), '{}'), count(DISTINCT l.id), max(l.recorded)
      FROM (SELECT e.id, e.recorded, e.person_id, e.person, e.agency_id, e.agency, e.kind, e.outcome, e.sections,
                   coalesce(g.basis, split_part(e.basis, ' ', 1))::varchar AS right_used, g.until AS right_until
              FROM public.audit_event e
              LEFT JOIN public.access_grant g ON g.id = CASE WHEN e.basis ~ '^grant [0-9a-f-]{36}$' THEN substr(e.basis, 7)::uuid END
             WHERE (e.child_id = file OR e.entities @> ARRAY[file])
               AND ((e.action = 'R' AND e.outcome = 'ok' AND NOT coalesce(refused, false)) OR e.outcome = 'refused')
               AND (who IS NULL OR e.person_id = who) AND (whose IS NULL OR e.agency_id = whose)
               AND (part IS NULL OR (part = ANY (parts) AND e.sections @> ARRAY[part::smallint]))
               AND (first IS NULL OR e.recorded >= first) AND (beyond IS NULL OR e.recorded < beyond)) l
      LEFT JOIN LATERAL unnest(l.sections) AS s (n) ON true
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY max(l.recorded) DESC, count(DISTINCT l.id) DESC LIMIT least(most, 500);
END $$;

-- Everybody who changed a file, looked at it or was refused it: what the filters of its history choose from.
CREATE FUNCTION access.people_of_file(file uuid)
RETURNS TABLE (person_id uuid, person text, agency_id uuid, agency text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.oversees(file) IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT DISTINCT ON (e.person_id, e.agency_id) e.person_id, e.person, e.agency_id, e.agency
    FROM public.audit_event e
   WHERE (e.child_id = file OR e.entities @> ARRAY[file]) AND e.person_id IS NOT NULL
   ORDER BY e.person_id, e.agency_id, e.recorded DESC LIMIT 500;
END $$;

-- The files that changed last: for auditors among the newest changes of the network, for privacy officers among the newest
-- thousand files of their agency. When, how often in 30 days, and by whom.
CREATE FUNCTION access.files_changed(most integer)
RETURNS TABLE (id uuid, case_number varchar, identity smallint, stage smallint, owner_id uuid, changes bigint,
               latest timestamptz, person text, agency text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  since timestamptz := public.app_now() - interval '30 days';
  files uuid[];
BEGIN
  IF access.has_role('{auditor}') THEN
    files := ARRAY(SELECT n.child_id FROM (SELECT e.child_id, e.recorded FROM public.audit_event e
        WHERE e.recorded > since AND e.action IN ('C', 'U', 'D') AND e.outcome = 'ok' AND e.child_id IS NOT NULL
        ORDER BY e.recorded DESC LIMIT 2000) n
      GROUP BY n.child_id ORDER BY max(n.recorded) DESC LIMIT least(most, 100));
  ELSIF access.has_role('{privacy_officer}') THEN
    files := ARRAY(SELECT c.id FROM public.victims_child c JOIN public.accounts_team t ON t.id = c.owner_id
      WHERE t.agency_id = access.agency() ORDER BY c.id DESC LIMIT 1000);
  END IF;
  RETURN QUERY SELECT c.id, c.case_number, c.identity, c.stage, c.owner_id, n.changes, l.recorded, l.person, l.agency
    FROM public.victims_child c
    CROSS JOIN LATERAL (SELECT e.recorded, e.person, e.agency FROM public.audit_event e
      WHERE e.child_id = c.id AND e.recorded > since AND e.action IN ('C', 'U', 'D') AND e.outcome = 'ok'
      ORDER BY e.recorded DESC LIMIT 1) l
    CROSS JOIN LATERAL (SELECT count(*) AS changes FROM public.audit_event e
      WHERE e.child_id = c.id AND e.recorded > since AND e.action IN ('C', 'U', 'D') AND e.outcome = 'ok') n
   WHERE c.id = ANY (files) AND access.oversees(c.id) IS NOT NULL
   ORDER BY l.recorded DESC LIMIT least(most, 100);
END $$;

-- Refusals of files that the person oversees, newest first: who was refused which file, and when.
CREATE FUNCTION access.refusals_overseen(most integer)
RETURNS TABLE (id uuid, case_number varchar, recorded timestamptz, person text, agency text, sections smallint[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  everywhere boolean := access.has_role('{auditor}');
  mine uuid := access.agency();
BEGIN
  IF NOT everywhere AND NOT access.has_role('{privacy_officer}') THEN RETURN; END IF;
  RETURN QUERY SELECT c.id, c.case_number, e.recorded, e.person, e.agency, e.sections
    FROM (SELECT n.* FROM public.audit_event n
           WHERE n.recorded > public.app_now() - interval '30 days' AND n.outcome = 'refused' AND n.child_id IS NOT NULL
           ORDER BY n.recorded DESC LIMIT 1000) e
    JOIN public.victims_child c ON c.id = e.child_id JOIN public.accounts_team t ON t.id = c.owner_id
   WHERE (everywhere OR t.agency_id = mine) AND c.id <> ALL (access.conflicts()) AND NOT access.sealed_away(c.id)
   ORDER BY e.recorded DESC LIMIT least(most, 100);
END $$;

-- People who opened many of the overseen files in the last 24 hours: how many files, and when last.
CREATE FUNCTION access.wide_looks(many integer, most integer)
RETURNS TABLE (person_id uuid, person text, agency text, files bigint, latest timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  everywhere boolean := access.has_role('{auditor}');
  mine uuid := access.agency();
BEGIN
  IF NOT everywhere AND NOT access.has_role('{privacy_officer}') THEN RETURN; END IF;
  RETURN QUERY SELECT e.person_id, max(e.person), max(e.agency), count(DISTINCT e.child_id), max(e.recorded)
    FROM public.audit_event e
    JOIN public.victims_child c ON c.id = e.child_id JOIN public.accounts_team t ON t.id = c.owner_id
   WHERE e.recorded > public.app_now() - interval '24 hours' AND e.action = 'R' AND e.outcome = 'ok'
     AND e.child_id IS NOT NULL AND e.person_id IS NOT NULL AND (everywhere OR t.agency_id = mine)
     AND c.id <> ALL (access.conflicts()) AND NOT access.sealed_away(c.id)
   GROUP BY e.person_id HAVING count(DISTINCT e.child_id) >= many
   ORDER BY count(DISTINCT e.child_id) DESC, max(e.recorded) DESC LIMIT least(most, 100);
END $$;

-- What does not fit in the proof of a file, or was not written by the application, for whoever oversees it: the first few things,
-- in the order they were sealed. What functions of the database write (portal/audit/authors.py) is no choice of whoever asks: all of
-- it would be named.
CREATE FUNCTION access.faults_of_file(file uuid) RETURNS TABLE (what varchar, which uuid, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.oversees(file) IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT * FROM (
    SELECT CASE b.kind WHEN 'e' THEN 'event' ELSE 'link' END::varchar, b.id, b.problem FROM audit.bad_leaves_of(file) b
    UNION ALL SELECT 'link', b.history_id, b.problem FROM audit.bad_links(file) b
    UNION ALL SELECT 'change', b.history_id, b.problem FROM audit.bad_rows(file) b
    UNION ALL SELECT 'event', u.id, u.problem FROM audit.unmarked(file, <by database>) u
    UNION ALL SELECT 'change', u.history_id, 'no event of the application says so' FROM audit.unsaid(file, <beside>) u
    UNION ALL SELECT 'erasure', u.erasure, 'nobody decided on it through the application' FROM access.unproved_erasures(file) u
      WHERE EXISTS (SELECT FROM public.audit_erased x WHERE x.file = faults_of_file.file)) n ORDER BY 2 LIMIT 10;
END $$;

-- The texts of the newest events of a file that whoever asks oversees, as their MACs are made of them. For the application, which
-- has the keys of MACs and compares them, and for no query of somebody's: they hold addresses, and ids of what was looked at.
CREATE FUNCTION access.texts_of_file(proof text, file uuid, most integer) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  IF access.oversees(file) IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT audit.text_of(e) FROM public.audit_event e
    WHERE e.child_id = file AND audit.is_marked(e.mac) ORDER BY e.recorded DESC LIMIT most;
END $$;

-- The row of the history that a change wrote, where the history of a file shows it: both bear the time of their transaction.
CREATE FUNCTION access.change_of(kind varchar, which uuid, at timestamptz) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  kept varchar := (SELECT t.history FROM access.audited_tables() t WHERE t.source = replace(kind, '.', '_'));
  found uuid;
BEGIN
  IF kept IS NULL THEN RETURN NULL; END IF;
  EXECUTE format('SELECT h.history_id FROM public.%I h WHERE h.id = $1 AND h.history_date = $2 ORDER BY h.version LIMIT 1', kept)
    INTO found USING which, at;
  RETURN found;
END $$;

-- Events for those who oversee: the newest before a place in the list, of one person, agency, file, kind or some days. An
-- auditor reads those of the network, a privacy officer those of the agency's files and what its own people did without a
-- file. Of a purpose they learn how many words it has; files that they may not oversee are in none of it. A page of them says
-- where each change stands in the history of its file.
CREATE FUNCTION access.events_overseen(at timestamptz, last uuid, most integer, who uuid, whose uuid, file uuid, kinds varchar[],
                                       actions varchar[], refused boolean, first timestamptz, beyond timestamptz)
RETURNS TABLE (id uuid, recorded timestamptz, kind varchar, action char(1), outcome varchar, reason_code varchar, child_id uuid,
               case_number varchar, sections smallint[], basis varchar, purpose_words integer, person_id uuid, person text,
               agency_id uuid, agency text, role varchar, via varchar, checkpoint bigint, leaf text, entity varchar, change uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  everywhere boolean := access.has_role('{auditor}');
  mine uuid := access.agency();
  hidden uuid[] := access.conflicts();
BEGIN
  IF NOT everywhere AND NOT access.has_role('{privacy_officer}') THEN RETURN; END IF;
  RETURN QUERY SELECT n.id, n.recorded, n.kind, n.action, n.outcome, n.reason_code, n.child_id, n.case_number, n.sections, n.basis,
      n.words, n.person_id, n.person, n.agency_id, n.agency, n.role, n.via, n.checkpoint, n.leaf, n.entity,
      CASE WHEN most <= 101 AND n.action IN ('C', 'U') AND n.outcome = 'ok' AND n.child_id IS NOT NULL
      THEN access.change_of(n.entity, n.entity_id, n.recorded) END FROM (
    SELECT e.id, e.recorded, e.kind, e.action, e.outcome, e.reason_code, e.child_id, c.case_number, e.sections, e.basis,
           access.count_words(e.purpose) AS words, e.person_id, e.person, e.agency_id, e.agency, e.role, e.via,
           f.checkpoint, encode(f.leaf, 'hex') AS leaf, e.entity, e.entity_id
      FROM public.audit_event e
      LEFT JOIN public.audit_leaf f ON f.id = e.id AND f.kind = 'e'
      LEFT JOIN public.victims_child c ON c.id = e.child_id
      LEFT JOIN public.accounts_team t ON t.id = c.owner_id
     WHERE (e.recorded, e.id) < (events_overseen.at, events_overseen.last)
       AND e.recorded >= coalesce(first, '-infinity') AND e.recorded < coalesce(beyond, 'infinity')
       AND (who IS NULL OR e.person_id = who) AND (whose IS NULL OR e.agency_id = whose)
       AND (file IS NULL OR e.child_id = file) AND (kinds = '{}' OR e.kind = ANY (kinds))
       AND (actions = '{}' OR e.action = ANY (actions))
       AND (NOT refused OR e.outcome = 'refused')
       AND (e.child_id IS NULL OR (c.id IS NOT NULL AND e.child_id <> ALL (hidden) AND NOT access.sealed_away(e.child_id)))
       AND (everywhere OR t.agency_id = mine OR (e.child_id IS NULL AND e.agency_id = mine))
     ORDER BY e.recorded DESC, e.id DESC LIMIT least(most, 10001)) n ORDER BY n.recorded DESC, n.id DESC;
END $$;

-- How the last comparison of the whole record went, without the keys of MACs and with them. What does not fit is named to auditors
-- and operators alone: it holds ids.
CREATE FUNCTION access.last_verified()
RETURNS TABLE (at timestamptz, checkpoint bigint, code smallint, words text[], seconds real, with_keys boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT DISTINCT ON (v.with_keys) v.at, v.checkpoint, v.code,
      CASE WHEN access.has_role('{auditor,operator}') THEN v.words ELSE '{}' END, v.seconds, v.with_keys
    FROM public.audit_verification v ORDER BY v.with_keys, v.at DESC;
END $$;
