-- What the clock says of access: that it ends soon, and that access without an end is to be confirmed; and who is next where
-- somebody does not answer. Run by nobody, again and again; it says nothing twice.

-- How many days a rule of the clock counts in an agency; nothing where it is not in use.
CREATE FUNCTION access.days_of(rule varchar, agency uuid) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT CASE WHEN r.is_active AND r.unit = 'd' THEN r.amount END FROM public.casework_duerule r
    WHERE r.code = rule AND r.risk = 0 AND coalesce(r.agency_id = agency, true) ORDER BY r.agency_id NULLS LAST LIMIT 1);
END $$;

-- Those who open some section of a grant of theirs, or of the file that they own, at the stage where the child is.
CREATE FUNCTION access.told_of(view smallint[], team uuid, holder uuid, stage smallint) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT p.id FROM public.accounts_person p JOIN public.accounts_agency a ON a.id = p.agency_id
   WHERE p.is_active AND a.is_active AND (p.id = holder OR EXISTS (SELECT FROM public.accounts_membership m
       WHERE m.person_id = p.id AND m.team_id = team AND m.since <= public.app_now()
         AND (m.until IS NULL OR m.until > public.app_now())))
     AND ('supervisor' = ANY (p.roles) OR EXISTS (SELECT FROM public.access_rule r WHERE r.role = ANY (p.roles) AND r.level = 0
       AND r.section = ANY (view) AND (r.stages >> stage) & 1 = 1));
END $$;

-- Puts notices before those whose access, or whose team's gift, ends in as many days as the rule says.
CREATE FUNCTION access.tell_of_ends(rule varchar) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  made uuid[];
BEGIN
  WITH ending AS (
    SELECT g.*, c.code_name, c.stage, c.owner_id, -access.days_of(rule, t.agency_id) AS days
      FROM public.access_grant g JOIN public.victims_child c ON c.id = g.child_id JOIN public.accounts_team t ON t.id = c.owner_id
     WHERE g.ended IS NULL AND g.accepted IS NOT NULL AND g.until > at AND g.until <= at + interval '90 days'
       AND g.basis NOT IN ('ownership', 'emergency')
  ), told AS (
    SELECT e.id, e.child_id, e.code_name, e.days, e.until, w.kind, w.person_id FROM ending e CROSS JOIN LATERAL (
      SELECT 'given_access_ends' AS kind, access.told_of('{1}', e.owner_id, NULL, e.stage) AS person_id
      UNION ALL SELECT 'own_access_ends', access.told_of(e.view, e.team_id, e.person_id, e.stage)) w
     WHERE e.until <= at + make_interval(days => e.days)
  ), inserted AS (
    INSERT INTO public.casework_notice (id, version, person_id, child_id, level, kind, words, subject_id, made)
    SELECT uuidv7(), 1, t.person_id, t.child_id, 2, t.kind, ARRAY[t.days::varchar, t.code_name], t.id, at FROM told t
     WHERE NOT access.is_kept_apart(t.person_id, t.child_id)
       AND NOT EXISTS (SELECT FROM public.casework_notice n WHERE n.person_id = t.person_id AND n.subject_id = t.id
             AND n.kind = t.kind AND n.made > t.until - make_interval(days => t.days))
    RETURNING id)
  SELECT array_agg(id) INTO made FROM inserted;
  PERFORM access.note_history('casework_notice', made, '+', '');
  RETURN coalesce(cardinality(made), 0);
END $$;

-- Makes the tasks that ask the owner's team whether access without an end is still right, two weeks before that is due. Files
-- that are closed rest.
CREATE FUNCTION access.ask_to_confirm() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  made uuid[];
BEGIN
  WITH due AS (
    SELECT g.child_id, c.owner_id,
           min((coalesce(g.confirmed, g.begins) AT TIME ZONE a.time_zone)::date + access.days_of('confirm_access', a.id)) AS day, a.time_zone
      FROM public.access_grant g JOIN public.victims_child c ON c.id = g.child_id AND c.stage < 7 AND NOT c.erased @> '{1,2,3,4,5,6,7,8,9}'
      JOIN public.accounts_team t ON t.id = c.owner_id JOIN public.accounts_agency a ON a.id = t.agency_id
     WHERE g.ended IS NULL AND g.until = access.no_end() GROUP BY g.child_id, c.owner_id, a.time_zone
  ), inserted AS (
    INSERT INTO public.casework_task (id, version, child_id, kind, title, rule, team_id, due, to_the_minute, state, step, overrun_reason)
    SELECT uuidv7(), 1, d.child_id, 'confirm_access', r.title, r.sentence, d.owner_id,
           (d.day + time '23:59') AT TIME ZONE d.time_zone, false, 1, 0, ''
      FROM due d CROSS JOIN LATERAL (SELECT q.title, q.sentence FROM public.casework_duerule q WHERE q.code = 'confirm_access'
         AND q.agency_id IS NULL) r
     WHERE d.day - 14 <= (at AT TIME ZONE d.time_zone)::date AND NOT EXISTS (SELECT FROM public.casework_task k
       WHERE k.child_id = d.child_id AND k.kind = 'confirm_access' AND k.state = 1)
    RETURNING id)
  SELECT array_agg(id) INTO made FROM inserted;
  PERFORM access.note_history('casework_task', made, '+', '');
  RETURN coalesce(cardinality(made), 0);
END $$;

-- What nobody confirmed in time goes to the supervisors of the team, once; nothing ends by itself.
CREATE FUNCTION access.escalate_confirmations() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  late uuid[] := ARRAY(SELECT k.id FROM public.casework_task k
    WHERE k.kind = 'confirm_access' AND k.state = 1 AND k.step = 0 AND k.due < at);
  told uuid[];
BEGIN
  IF cardinality(late) = 0 THEN RETURN 0; END IF;
  UPDATE public.casework_task SET step = 1, version = version + 1 WHERE id = ANY (late);
  PERFORM access.note_history('casework_task', late, '~', '');
  WITH inserted AS (
    INSERT INTO public.casework_notice (id, version, person_id, child_id, level, kind, words, subject_id, made)
    SELECT uuidv7(), 1, who, c.id, 2, 'confirmation_late', ARRAY['', c.code_name], k.id, at
      FROM public.casework_task k JOIN public.victims_child c ON c.id = k.child_id
      CROSS JOIN LATERAL access.told_of('{1}', k.team_id, NULL, c.stage) AS who
      JOIN public.accounts_person p ON p.id = who AND 'supervisor' = ANY (p.roles)
     WHERE k.id = ANY (late) AND NOT access.is_kept_apart(who, c.id)
    RETURNING id)
  SELECT array_agg(id) INTO told FROM inserted;
  PERFORM access.note_history('casework_notice', told, '+', '');
  RETURN cardinality(late);
END $$;

-- What has to be confirmed, or was asked of a team or of people by name, and nobody of those who were told has looked at for
-- four hours goes to the next in line, once: supervisors of their agency who were not told; where there are none, its
-- administrators. They learn whom to ring, and neither what it is about nor which file. Not those who asked, nor whom it is
-- about.
CREATE FUNCTION access.tell_next_in_line() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  since timestamptz := at - interval '4 hours';
  made uuid[];
BEGIN
  WITH waiting AS (
    SELECT DISTINCT ON (w.about, w.agency) w.* FROM (
      SELECT 'confirmation_waits' AS kind, coalesce(n.subject_id, n.id) AS about, p.agency_id AS agency, n.id AS notice,
             NULL::uuid AS asked, ARRAY[n.person_id] AS whose, left(p.given_name, 1) || '. ' || p.family_name AS word
        FROM public.casework_notice n JOIN public.accounts_person p ON p.id = n.person_id
       WHERE n.level = 1 AND n.seen IS NULL AND n.made <= since AND NOT EXISTS (SELECT FROM public.casework_notice o
         WHERE o.subject_id = n.subject_id AND o.kind = n.kind AND o.seen IS NOT NULL)
      UNION ALL
      SELECT 'answer_waits', a.id, t.agency_id, NULL, t.id, ARRAY[a.asked_by_id], t.name
        FROM public.casework_approval a JOIN public.accounts_team t ON t.id = a.team_id
       WHERE a.state = 1 AND a.role = '' AND a.asked <= since
      UNION ALL
      SELECT 'person_waits', q.id, q.agency_id, NULL, NULL, q.whose, left(p.given_name, 1) || '. ' || p.family_name
        FROM (SELECT x.id, x.agency_id, x.asked, ARRAY[x.person_id] AS whose FROM public.access_extract x
               WHERE x.needs_second AND x.decided IS NULL
              UNION ALL SELECT c.id, c.agency_id, c.asked, array_remove(ARRAY[c.asked_by_id, c.person_id], NULL)
                FROM public.accounts_personchange c WHERE c.state = 1
              UNION ALL SELECT d.id, t.agency_id, d.asked, ARRAY[d.asked_by_id] FROM public.victims_disclosure d
                JOIN public.victims_child c ON c.id = d.child_id JOIN public.accounts_team t ON t.id = c.owner_id WHERE d.state = 1) q
        JOIN LATERAL (SELECT n.person_id FROM public.casework_notice n
               WHERE n.subject_id = q.id AND n.kind IN ('extract_asked', 'person_change_asked', 'disclosure_asked')
               ORDER BY n.seen IS NOT NULL, n.id LIMIT 1) f ON true
        JOIN public.accounts_person p ON p.id = f.person_id
       WHERE q.asked <= since) w
     WHERE NOT EXISTS (SELECT FROM public.casework_notice d JOIN public.accounts_person q ON q.id = d.person_id
       WHERE d.subject_id = w.about AND d.kind = w.kind AND q.agency_id = w.agency)
     ORDER BY w.about, w.agency, w.whose
  ), line AS (
    SELECT w.*, p.id AS person_id, 'supervisor' = ANY (p.roles) AS supervises,
           bool_or('supervisor' = ANY (p.roles)) OVER (PARTITION BY w.about, w.agency) AS somebody_does
      FROM waiting w JOIN public.accounts_agency a ON a.id = w.agency AND a.is_active
      JOIN public.accounts_person p ON p.agency_id = a.id AND p.is_active AND p.roles && '{supervisor,agency_admin}'::varchar[]
     WHERE p.id <> ALL (w.whose)
       AND NOT EXISTS (SELECT FROM public.casework_notice n WHERE n.person_id = p.id AND (n.id = w.notice OR n.subject_id = w.about))
       AND NOT EXISTS (SELECT FROM public.accounts_membership m WHERE m.person_id = p.id AND m.team_id = w.asked AND m.until IS NULL)
  ), inserted AS (
    INSERT INTO public.casework_notice (id, version, person_id, level, kind, words, subject_id, made)
    SELECT uuidv7(), 1, l.person_id, 2, l.kind, ARRAY[l.word], l.about, at FROM line l WHERE l.supervises = l.somebody_does
    RETURNING id)
  SELECT array_agg(id) INTO made FROM inserted;
  PERFORM access.note_history('casework_notice', made, '+', '');
  RETURN coalesce(cardinality(made), 0);
END $$;

-- What others have to look at because nobody did; every few minutes. The worker writes an event where anything was said.
CREATE FUNCTION access.look_who_is_next() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.holder() IS NOT NULL THEN RETURN 0; END IF;  -- it acts in nobody's name
  PERFORM pg_advisory_xact_lock(hashtextextended('look who is next', 0));
  RETURN access.tell_next_in_line() + access.tell_of_custodians();
END $$;

-- All of it. The worker writes an event where anything was said.
CREATE FUNCTION access.look_at_the_clock() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.holder() IS NOT NULL THEN RETURN 0; END IF;  -- it acts in nobody's name
  PERFORM pg_advisory_xact_lock(hashtextextended('look at the clock', 0));
  RETURN access.tell_of_ends('renew_access') + access.tell_of_ends('renew_access_last') + access.ask_to_confirm()
    + access.escalate_confirmations() + access.remind_of_training() + access.tell_of_holds();
END $$;
