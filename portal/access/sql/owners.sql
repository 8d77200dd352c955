-- A file is never without somebody who can work on it: what is left alone when a person goes, and where it falls to.

-- Writes the history rows of what a function of guard has just written; the trigger of the table names the author.
CREATE FUNCTION access.note_history(source varchar, records uuid[], kind varchar, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  history varchar := regexp_replace(source, '_', '_historical');
BEGIN
  EXECUTE format('INSERT INTO public.%I SELECT h.* FROM public.%I l CROSS JOIN LATERAL jsonb_populate_record(NULL::public.%I,
      to_jsonb(l) || jsonb_build_object(''history_id'', uuidv7(), ''history_date'', public.app_now(), ''history_type'', $2,
        ''history_change_reason'', $3, ''history_by'', ''clock'', ''history_agency'', '''', ''history_role'', '''', ''history_via'', ''''))
      h WHERE l.id = ANY ($1)', history, source, history) USING records, kind, why;
END $$;

-- Writes the event of a change by a function of guard, after its history row; the trigger of events names the author.
CREATE FUNCTION access.note_event(kind varchar, action varchar, file uuid, entity varchar, which uuid, ground varchar, why text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, entity, entity_id, entities,
      sections, basis, purpose, details, person, agency, role, via, session, request_id, address)
  VALUES (uuidv7(), public.app_now(), pg_current_xact_id(), kind, action, 'ok', '', file, entity, which, '{}', '{1}', ground, why,
      '{}', '', '', '', '', '', '', '');
END $$;

-- Who moves people between teams: an administrator of the agency, and the operator.
CREATE FUNCTION access.places_people(agency uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.has_role('{operator}') OR (access.has_role('{agency_admin}') AND agency = access.agency());
END $$;

-- One at a time in each agency, until the transaction ends: two who leave at the same moment would each count on the other.
-- Returns whether the person in hand may still act once it is their turn.
CREATE FUNCTION access.take_turn(agency uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('people of ' || agency, 0));
  RETURN access.person() IS NOT NULL;
END $$;

-- Whether somebody but this person, or anybody where none is named, works with the files of a team now.
CREATE FUNCTION access.has_others(which uuid, leaver uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.accounts_membership m JOIN public.accounts_person p ON p.id = m.person_id
    JOIN public.accounts_agency a ON a.id = p.agency_id AND a.is_active
    WHERE m.team_id = which AND m.person_id IS DISTINCT FROM leaver AND p.is_active AND m.since <= public.app_now()
      AND (m.until IS NULL OR m.until > public.app_now()) AND access.is_caseworker(p.id));
END $$;

-- The files, as ids, whose owner team has nobody left to work on them once a person leaves a team, or every team.
CREATE FUNCTION access.files_left_alone(leaver uuid, from_team uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.places_people(access.agency_of(NULL, leaver)) THEN RETURN; END IF;
  RETURN QUERY SELECT c.id FROM public.accounts_membership m JOIN public.victims_child c ON c.owner_id = m.team_id
   WHERE m.person_id = leaver AND m.team_id = coalesce(from_team, m.team_id) AND m.since <= public.app_now()
     AND (m.until IS NULL OR m.until > public.app_now()) AND NOT access.has_others(m.team_id, leaver)
   ORDER BY c.id;
END $$;

-- Why the files that a person leaves alone cannot fall to the intake desk; '' where they can.
CREATE FUNCTION access.kept_from_intake(leaver uuid, from_team uuid) RETURNS varchar
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  files uuid[] := ARRAY(SELECT access.files_left_alone(leaver, from_team));
BEGIN
  IF cardinality(files) = 0 THEN RETURN ''; END IF;
  IF NOT EXISTS (SELECT FROM public.accounts_team t WHERE t.agency_id = access.agency_of(NULL, leaver) AND t.is_intake
      AND access.has_others(t.id, leaver)) THEN
    RETURN 'nobody at the intake desk';
  END IF;
  IF EXISTS (SELECT FROM public.referrals_handover h WHERE h.child_id = ANY (files) AND h.state IN (1, 2)) THEN
    RETURN 'a child changes hands';
  END IF;
  RETURN '';
END $$;

-- May a file go from a team to the intake desk of its agency, by whoever moves people there? Nobody but a function of guard
-- gets as far as asking: the policies show an administrator no file.
CREATE FUNCTION access.falls_to_intake(owner_before uuid, owner_after uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.accounts_team b JOIN public.accounts_team a ON a.agency_id = b.agency_id
    WHERE b.id = owner_before AND a.id = owner_after AND a.is_intake AND access.places_people(a.agency_id));
END $$;

-- Who answers for a file of a team to others, by rank: privacy officers of the agency (1), supervisors of the team (3), whoever
-- else of the team works with files (4), other supervisors of the agency (5). Nobody who has a relation to the child.
CREATE FUNCTION access.in_charge(owner uuid, file uuid) RETURNS TABLE (id uuid, rank integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT r.id, r.rank FROM (
    SELECT p.id, CASE
        WHEN 'privacy_officer' = ANY (p.roles) THEN 1
        WHEN m.id IS NOT NULL AND 'supervisor' = ANY (p.roles) THEN 3
        WHEN m.id IS NOT NULL AND access.is_caseworker(p.id) THEN 4
        WHEN 'supervisor' = ANY (p.roles) THEN 5 END AS rank
      FROM public.accounts_team t JOIN public.accounts_agency a ON a.id = t.agency_id AND a.is_active
      JOIN public.accounts_person p ON p.agency_id = a.id AND p.is_active
      LEFT JOIN public.accounts_membership m ON m.person_id = p.id AND m.team_id = t.id AND m.until IS NULL
     WHERE t.id = owner) r
   WHERE r.rank IS NOT NULL AND NOT access.is_related(r.id, file);
END $$;

-- A file that got another owner has that team's ownership at the end of the transaction: who owns it is who works on it.
CREATE FUNCTION access.owner_holds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.victims_child c JOIN public.access_grant g ON g.child_id = c.id AND g.team_id = c.owner_id
       AND g.basis = 'ownership' AND g.ended IS NULL WHERE c.id = NEW.id) THEN
    RAISE EXCEPTION 'a file goes to another team with its ownership' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

-- Moves the files that a person leaves alone to the intake desk, with their open tasks, and tells its people. Returns how many.
CREATE FUNCTION access.move_to_intake(leaver uuid, from_team uuid, why text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  files uuid[] := ARRAY(SELECT access.files_left_alone(leaver, from_team));
  hindrance varchar := access.kept_from_intake(leaver, from_team);
  me uuid := access.person();
  at timestamptz := public.app_now();
  desk uuid;
  tasks uuid[];
BEGIN
  IF hindrance <> '' THEN RAISE EXCEPTION '%', hindrance USING ERRCODE = 'restrict_violation'; END IF;
  IF cardinality(files) = 0 THEN RETURN 0; END IF;
  SELECT t.id INTO desk FROM public.accounts_team t WHERE t.agency_id = access.agency_of(NULL, leaver) AND t.is_intake
     AND access.has_others(t.id, leaver) ORDER BY t.id LIMIT 1;
  tasks := ARRAY(SELECT k.id FROM public.casework_task k JOIN public.victims_child c ON c.id = k.child_id
    WHERE c.id = ANY (files) AND k.team_id = c.owner_id AND k.state = 1);
  PERFORM access.move_files(files, desk, me, at, why);
  PERFORM access.move_tasks(tasks, desk, why);
  PERFORM access.tell_desk(files, desk, me, at);
  RETURN cardinality(files);
END $$;

CREATE FUNCTION access.move_files(files uuid[], desk uuid, me uuid, at timestamptz, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  old_ones uuid[];
  new_ones uuid[];
BEGIN
  UPDATE public.victims_child SET owner_id = desk, version = version + 1 WHERE id = ANY (files);
  PERFORM access.note_history('victims_child', files, '~', why);
  -- The ownership of before, and what was offered to others as owners: nobody there can hand it over any more.
  WITH over AS (
    UPDATE public.access_grant SET ended = at, ended_by_id = me, end_reason = 'Another team owns the file from now on',
           version = version + 1
     WHERE child_id = ANY (files) AND ended IS NULL AND (basis = 'ownership' OR (basis = 'transfer' AND accepted IS NULL))
    RETURNING id)
  SELECT array_agg(id) INTO old_ones FROM over;
  PERFORM access.note_history('access_grant', old_ones, '~', why);
  WITH made AS (
    INSERT INTO public.access_grant (id, version, child_id, team_id, view, change, basis, legal_basis, legal_by_section, reason,
        begins, until, given_by_id, accepted_by_id, accepted, end_reason, onward)
    SELECT uuidv7(), 1, f, desk, '{1,2,3,4,6,7,8,9}', '{1,2,3,4,6,7,8,9}', 'ownership', 'mandate', '{}', left(why, 300),
           at, access.no_end(), me, me, at, '', false
      FROM unnest(files) AS f RETURNING id)
  SELECT array_agg(id) INTO new_ones FROM made;
  PERFORM access.note_history('access_grant', new_ones, '+', why);
  PERFORM access.note_event('change', 'U', f, 'victims.child', f, '', why) FROM unnest(files) AS f;
  PERFORM access.note_event('end grant', 'U', g.child_id, 'access.grant', g.id, g.basis, why) FROM public.access_grant g WHERE g.id = ANY (old_ones);
  PERFORM access.note_event('grant', 'C', g.child_id, 'access.grant', g.id, g.basis, why) FROM public.access_grant g WHERE g.id = ANY (new_ones);
END $$;

-- Moves tasks to the desk, whoever had them; their clocks run on. A task goes with its file, so the file went first.
CREATE FUNCTION access.move_tasks(tasks uuid[], desk uuid, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.casework_task SET team_id = desk, person_id = NULL, version = version + 1 WHERE id = ANY (tasks);
  PERFORM access.note_history('casework_task', tasks, '~', why);
  PERFORM access.note_event('change', 'U', k.child_id, 'casework.task', k.id, '', why)
     FROM public.casework_task k WHERE k.id = ANY (tasks);
END $$;

CREATE FUNCTION access.tell_desk(files uuid[], desk uuid, me uuid, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  told uuid[];
BEGIN
  WITH made AS (
    INSERT INTO public.casework_notice (id, version, person_id, child_id, level, kind, words, made)
    SELECT uuidv7(), 1, m.person_id, c.id, 2, 'file_to_intake', ARRAY['', c.code_name], at
      FROM public.victims_child c CROSS JOIN public.accounts_membership m
      JOIN public.accounts_person p ON p.id = m.person_id AND p.is_active
     WHERE c.id = ANY (files) AND m.team_id = desk AND m.since <= at AND (m.until IS NULL OR m.until > at)
       AND access.is_caseworker(m.person_id) AND m.person_id <> me
    RETURNING id)
  SELECT array_agg(id) INTO told FROM made;
  PERFORM access.note_history('casework_notice', told, '+', '');
END $$;
