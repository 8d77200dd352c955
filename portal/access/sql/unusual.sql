-- Unusual looking: what a day's events say of somebody, for somebody else to look at. Nobody is judged by a number: whoever
-- reviews asks, and writes down what came of it.
CREATE TABLE access_unusual (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  person_id uuid NOT NULL REFERENCES accounts_person,
  day date NOT NULL,
  kind varchar(20) NOT NULL CHECK (kind IN ('many', 'night', 'without_task', 'refused')),
  files integer NOT NULL,
  reviewed timestamptz,
  reviewed_by_id uuid REFERENCES accounts_person,
  is_concern boolean,
  comment text NOT NULL DEFAULT '',
  UNIQUE (person_id, day, kind),
  CHECK ((reviewed IS NULL) = (reviewed_by_id IS NULL) AND (reviewed IS NULL) = (is_concern IS NULL))
);
CREATE INDEX access_unusual_waits ON access_unusual (day DESC) WHERE reviewed IS NULL;
REVOKE ALL ON access_unusual FROM app;
GRANT SELECT, INSERT, UPDATE ON access_unusual TO guard;

-- The days that were looked through: each once, and one on which nobody was there to do it as soon as somebody is.
CREATE TABLE access_unusualday (day date PRIMARY KEY, noted timestamptz NOT NULL DEFAULT public.app_now());
REVOKE ALL ON access_unusualday FROM app;
GRANT SELECT, INSERT ON access_unusualday TO guard;

-- The days of the last week that are over and were not looked through yet. An hour after its end a day has all its events.
CREATE FUNCTION access.days_to_note() RETURNS SETOF date
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT n.d FROM (SELECT (public.app_now() - interval '1 hour')::date - back AS d FROM generate_series(1, 7) AS back) n
    WHERE NOT EXISTS (SELECT FROM public.access_unusualday u WHERE u.day = n.d) ORDER BY n.d;
END $$;

-- Notes what was unusual on a day that is over, once: twenty files or more; five or more at night where the person works,
-- but for roles that have night duty; five or more without a task of one's team or any change of one's own on the file in the
-- thirty days before; five refusals or more.
CREATE FUNCTION access.note_unusual(past date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  noted integer;
BEGIN
  IF past >= public.app_now()::date THEN RAISE EXCEPTION 'the day is not over' USING ERRCODE = 'invalid_parameter_value'; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('unusual', 0));
  IF EXISTS (SELECT FROM public.access_unusualday u WHERE u.day = past) THEN RETURN 0; END IF;
  WITH looked AS MATERIALIZED (
    SELECT e.person_id, e.child_id, e.outcome, e.recorded, p.time_zone, p.roles
      FROM public.audit_event e JOIN public.accounts_person p ON p.id = e.person_id
     WHERE e.recorded >= past AND e.recorded < past + 1 AND e.child_id IS NOT NULL
       AND ((e.action = 'R' AND e.outcome = 'ok') OR e.outcome = 'refused')
  ), counted AS (
    SELECT l.person_id, 'many'::varchar AS kind, count(DISTINCT l.child_id) AS n, 20 AS least FROM looked l
     WHERE l.outcome = 'ok' GROUP BY 1
    UNION ALL
    SELECT l.person_id, 'night', count(DISTINCT l.child_id), 5 FROM looked l
     WHERE l.outcome = 'ok' AND NOT l.roles && '{shelter_worker,intake}'::varchar[]
       AND extract(hour FROM l.recorded AT TIME ZONE l.time_zone) NOT BETWEEN 6 AND 21 GROUP BY 1
    UNION ALL
    SELECT l.person_id, 'without_task', count(*), 5
      FROM (SELECT DISTINCT d.person_id, d.child_id FROM looked d WHERE d.outcome = 'ok') l
     WHERE NOT EXISTS (SELECT FROM public.casework_task t WHERE t.child_id = l.child_id AND (t.person_id = l.person_id
             OR t.team_id IN (SELECT m.team_id FROM public.accounts_membership m WHERE m.person_id = l.person_id AND m.until IS NULL))
             AND (t.state = 1 OR t.ended > past - 30))
       AND NOT EXISTS (SELECT FROM public.audit_event e WHERE e.child_id = l.child_id AND e.person_id = l.person_id
             AND e.action IN ('C', 'U', 'D') AND e.recorded > past - 30)
     GROUP BY 1
    UNION ALL
    SELECT l.person_id, 'refused', count(*), 5 FROM looked l WHERE l.outcome = 'refused' GROUP BY 1)
  INSERT INTO public.access_unusual (person_id, day, kind, files)
    SELECT c.person_id, past, c.kind, c.n FROM counted c WHERE c.n >= c.least ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS noted = ROW_COUNT;
  INSERT INTO public.access_unusualday (day) VALUES (past);
  RETURN noted;
END $$;

-- Who reviews whom: an auditor everybody, a privacy officer the people of the own agency; nobody looks at oneself.
CREATE FUNCTION access.reviews_looks_of(whom uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN whom <> access.person() AND (access.has_role('{auditor}') OR (access.has_role('{privacy_officer}')
    AND EXISTS (SELECT FROM public.accounts_person p WHERE p.id = whom AND p.agency_id = access.agency())));
END $$;

-- What waits for a review, the newest day first, and what was reviewed in the last 90 days.
CREATE FUNCTION access.unusual_looks(most integer)
RETURNS TABLE (id uuid, day date, kind varchar, files integer, person_id uuid, person text, agency varchar, reviewed timestamptz,
               reviewed_by text, is_concern boolean, comment text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.has_role('{auditor,privacy_officer}') THEN RETURN; END IF;
  RETURN QUERY SELECT u.id, u.day, u.kind, u.files, p.id, left(p.given_name, 1) || '. ' || p.family_name, a.name, u.reviewed,
      left(r.given_name, 1) || '. ' || r.family_name, u.is_concern, u.comment
    FROM public.access_unusual u JOIN public.accounts_person p ON p.id = u.person_id JOIN public.accounts_agency a ON a.id = p.agency_id
    LEFT JOIN public.accounts_person r ON r.id = u.reviewed_by_id
   WHERE (u.reviewed IS NULL OR u.reviewed > public.app_now() - interval '90 days') AND access.reviews_looks_of(u.person_id)
   ORDER BY u.reviewed IS NOT NULL, u.day DESC, u.files DESC, u.id LIMIT least(most, 200);
END $$;

-- Writes down what came of a review, once; false where it was reviewed before or is not this person's to review.
CREATE FUNCTION access.review_unusual(which uuid, concern boolean, said text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF btrim(said) = '' THEN RAISE EXCEPTION 'a review says what came of it' USING ERRCODE = 'check_violation'; END IF;
  UPDATE public.access_unusual u SET reviewed = public.app_now(), reviewed_by_id = access.person(), is_concern = concern, comment = said
   WHERE u.id = which AND u.reviewed IS NULL AND access.reviews_looks_of(u.person_id);
  RETURN FOUND;
END $$;
