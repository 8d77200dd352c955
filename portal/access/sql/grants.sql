-- Grants: what each of them opens now, what may be passed on, how access goes on, and what caps it.

-- The end of access that has none: ownership, and teams of the owner's agency. Confirmed every 180 days instead.
CREATE FUNCTION access.no_end() RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN '9999-01-01 00:00:00+00'::timestamptz;
END $$;

-- Whether a moment is not after the end of the 180th day from today, where a team is.
CREATE FUNCTION access.within_180_days(team uuid, ends timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT (ends AT TIME ZONE a.time_zone)::date <= (public.app_now() AT TIME ZONE a.time_zone)::date + 180
    FROM public.accounts_team t JOIN public.accounts_agency a ON a.id = t.agency_id WHERE t.id = team);
END $$;

CREATE FUNCTION access.agency_of(team uuid, taker uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT t.agency_id FROM public.accounts_team t WHERE t.id = team),
                  (SELECT p.agency_id FROM public.accounts_person p WHERE p.id = taker));
END $$;

-- What of live grants of files stands, one line for each permission: nothing while the agency that has it is switched off; a
-- section only while its legal basis does; to another agency than the owner's only as far and as long as its agreement; passed
-- on, only what the access opens that it came from, and no longer. What was erased opens to nobody; the summary stays readable
-- for those who still have another part.
CREATE FUNCTION access.standing(files uuid[])
RETURNS TABLE (id uuid, child_id uuid, team_id uuid, person_id uuid, basis varchar, permission integer, until timestamptz,
               is_accepted boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
BEGIN
  RETURN QUERY WITH alone AS (
    SELECT g.id, g.parent_id, g.child_id, g.team_id, g.person_id, g.basis, p.permission, least(g.until, a.until) AS until,
           g.accepted IS NOT NULL AS is_accepted
      FROM public.access_grant g
      JOIN public.victims_child c ON c.id = g.child_id
      JOIN public.accounts_team o ON o.id = c.owner_id
      LEFT JOIN public.accounts_team t ON t.id = g.team_id
      LEFT JOIN public.accounts_person w ON w.id = g.person_id
      JOIN public.accounts_agency r ON r.id = coalesce(t.agency_id, w.agency_id) AND r.is_active
      CROSS JOIN LATERAL unnest(g.view) AS s(section)
      JOIN public.access_legalbasis l ON l.ended IS NULL
       AND l.code = coalesce(g.legal_by_section ->> s.section::text, g.legal_basis)
      LEFT JOIN public.accounts_agreement a ON a.agency_id = r.id
       AND a.agency_id <> o.agency_id AND a.ended IS NULL AND a.until > at AND s.section = ANY (a.sections)
      CROSS JOIN LATERAL (VALUES (1000 + s.section), (1009 + s.section)) AS p(permission)
     WHERE g.child_id = ANY (files) AND g.ended IS NULL AND g.begins <= at AND g.until > at
       AND (p.permission < 1010 OR s.section = ANY (g.change))
       AND (s.section <> ALL (c.erased) OR (p.permission = 1001
         AND EXISTS (SELECT FROM unnest(g.view) AS v WHERE v <> 1 AND v <> ALL (c.erased))))
       AND (a.id IS NOT NULL OR g.basis IN ('ownership', 'emergency') OR r.id = o.agency_id))
  SELECT m.id, m.child_id, m.team_id, m.person_id, m.basis, m.permission, least(m.until, f.until), m.is_accepted
    FROM alone m LEFT JOIN alone f ON f.id = m.parent_id AND f.permission = m.permission AND f.is_accepted
   WHERE m.parent_id IS NULL OR f.id IS NOT NULL;
END $$;

-- What of them opens sections: what was accepted.
CREATE FUNCTION access.opened(files uuid[])
RETURNS TABLE (id uuid, child_id uuid, team_id uuid, person_id uuid, basis varchar, permission integer, until timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT s.id, s.child_id, s.team_id, s.person_id, s.basis, s.permission, s.until FROM access.standing(files) s
   WHERE s.is_accepted;
END $$;

-- Does SUMMARY of this access stand, accepted or not? What comes with the access, such as a brief or the heading of an offer,
-- goes with it.
CREATE FUNCTION access.stands(given uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_grant g CROSS JOIN LATERAL access.standing(ARRAY[g.child_id]) s
    WHERE g.id = given AND s.id = g.id AND s.permission = 1001);
END $$;

-- The sections of the live grants of a file that are open now, and until when, for whoever reads its SUMMARY: what the page
-- of who can see it says is what the permission rows say.
CREATE FUNCTION access.opened_by(file uuid) RETURNS TABLE (id uuid, permission integer, until timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.holds(file, 1001) THEN RETURN; END IF;
  RETURN QUERY SELECT o.id, o.permission, o.until FROM access.opened(ARRAY[file]) o;
END $$;

-- Live access that an agency has to files of the person's own agency, or by the person's own gift, for whoever reads SUMMARY
-- of them: newest file first, after a file.
CREATE FUNCTION access.grants_to(which uuid, after uuid, most integer) RETURNS SETOF public.access_grant
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT g.* FROM public.access_grant g JOIN public.victims_child c ON c.id = g.child_id
    JOIN public.accounts_team o ON o.id = c.owner_id
   WHERE (g.team_id IN (SELECT t.id FROM public.accounts_team t WHERE t.agency_id = which)
       OR g.person_id IN (SELECT p.id FROM public.accounts_person p WHERE p.agency_id = which))
     AND g.basis <> 'ownership' AND g.ended IS NULL AND g.until > public.app_now()
     AND (g.accepted IS NOT NULL OR NOT access.lapsed_with_act(g.id))
     AND (o.agency_id = access.agency() OR g.given_by_id = access.person())
     AND (after IS NULL OR g.child_id < after) AND access.holds(g.child_id, 1001)
   ORDER BY g.child_id DESC, g.id LIMIT most;
END $$;

-- Does every section of a grant stand on a legal basis that is known, has not ended, and may stand for it?
CREATE FUNCTION access.is_lawful(given smallint[], usual varchar, by_section jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_legalbasis l WHERE l.code = usual)
    AND NOT EXISTS (SELECT FROM unnest(given) AS s WHERE NOT EXISTS (SELECT FROM public.access_legalbasis l
      WHERE l.code = coalesce(by_section ->> s::text, usual) AND l.ended IS NULL AND s = ANY (l.sections)));
END $$;

-- Does a live agreement let the agency of the audience receive each of these sections? None is asked for inside the agency
-- that owns the file, nor of its owner.
CREATE FUNCTION access.is_agreed(file uuid, team uuid, taker uuid, given smallint[], ground varchar) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  receives uuid := access.agency_of(team, taker);
BEGIN
  IF file IS NULL OR receives IS NULL OR ground = 'ownership' THEN RETURN true; END IF;
  RETURN EXISTS (SELECT FROM generate_series(1001, 1009) AS p WHERE access.holds(file, p)) AND (receives = (SELECT t.agency_id FROM public.victims_child c JOIN public.accounts_team t ON t.id = c.owner_id WHERE c.id = file)
    OR EXISTS (SELECT FROM public.accounts_agreement a WHERE a.agency_id = receives AND a.ended IS NULL
      AND a.until > public.app_now() AND a.sections @> given));
END $$;

-- May the person pass this on? From live, accepted access of one's own that allows it and was not passed on itself: only
-- sections that are held, never therapy, no longer, to another agency, and to one agency at a time.
CREATE FUNCTION access.may_pass_on(file uuid, team uuid, taker uuid, given smallint[], changed smallint[],
                                   ends timestamptz, parent uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  receives uuid := access.agency_of(team, taker);
BEGIN
  RETURN receives <> access.agency() AND NOT 5 = ANY (given)
    AND access.within_180_days((SELECT c.owner_id FROM public.victims_child c WHERE c.id = file), ends)
    AND EXISTS (SELECT FROM public.access_grant g WHERE g.id = parent AND g.child_id = file AND g.onward
      AND g.parent_id IS NULL AND g.ended IS NULL AND g.accepted IS NOT NULL AND g.until > public.app_now() AND g.until >= ends
      AND g.view @> given AND g.change @> changed AND access.is_mine(g.team_id, g.person_id))
    AND NOT EXISTS (SELECT FROM unnest(given) AS s WHERE NOT access.holds(file, 1000 + s))
    AND NOT EXISTS (SELECT FROM public.access_grant g WHERE g.parent_id = parent AND g.ended IS NULL
      AND g.until > public.app_now() AND access.agency_of(g.team_id, g.person_id) <> receives);
END $$;

CREATE FUNCTION access.is_mine(team uuid, holder uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce(team = ANY (access.teams()), false) OR coalesce(holder = access.person(), false);
END $$;

-- Was this passed on from access that the person, or a team of the person, was given?
CREATE FUNCTION access.passed_on(parent uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_grant g WHERE g.id = parent AND access.is_mine(g.team_id, g.person_id));
END $$;

-- When more time with one's own access was asked for and not answered: within a day, and the access stands as it did then.
CREATE FUNCTION access.time_asked(given uuid) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT max(n.made) FROM public.casework_notice n JOIN public.access_grant g ON g.id = n.subject_id
    WHERE n.subject_id = given AND n.kind = 'renewal_asked' AND access.is_mine(g.team_id, g.person_id)
      AND n.made > public.app_now() - interval '1 day' AND NOT EXISTS (SELECT FROM public.access_historicalgrant h
        WHERE h.id = g.id AND h.history_date > n.made));
END $$;

-- May access go on like this? Renewed: later than before, the same sections or fewer and not beyond the 180th day, by the team
-- that owns the file, or by whoever passed it on and no longer than the access that it came from. Confirmed: now, by the team
-- that owns the file, where it has no end.
CREATE FUNCTION access.goes_on(before public.access_grant, after public.access_grant) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := '{version,until,view,change,confirmed}';
  at timestamptz := public.app_now();
  owner uuid := (SELECT c.owner_id FROM public.victims_child c WHERE c.id = before.child_id);
  owns boolean := coalesce(owner = ANY (access.teams()) AND access.changes_file(before.child_id), false);
BEGIN
  IF to_jsonb(after) - free IS DISTINCT FROM to_jsonb(before) - free OR before.child_id IS NULL OR before.ended IS NOT NULL
     OR before.accepted IS NULL OR before.until <= at THEN
    RETURN false;
  END IF;
  IF after.confirmed IS DISTINCT FROM before.confirmed THEN
    RETURN owns AND after.confirmed = at AND (after.until, after.view, after.change) = (before.until, before.view, before.change)
      AND before.until = access.no_end();
  END IF;
  RETURN before.basis NOT IN ('ownership', 'emergency') AND before.until < access.no_end() AND after.until >= before.until
    AND before.view @> after.view AND before.change @> after.change
    AND access.is_lawful(after.view, after.legal_basis, after.legal_by_section)
    AND access.is_agreed(after.child_id, after.team_id, after.person_id, after.view, after.basis)
    AND access.within_180_days(owner, after.until) AND CASE WHEN before.parent_id IS NULL THEN owns
        ELSE access.works_with_files() AND access.passed_on(before.parent_id) AND EXISTS (SELECT FROM public.access_grant f WHERE f.id = before.parent_id
          AND f.ended IS NULL AND f.until >= after.until AND f.view @> after.view AND f.change @> after.change) END;
END $$;

-- Once a legal basis has ended, what stood on it is over in the same transaction. One on which files are owned does not end:
-- nobody would be left to work on them; nor does that of emergencies (portal/access/models/grants.py): one would be opened,
-- recorded and told of, and show nothing.
CREATE FUNCTION access.legal_basis_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  files uuid[];
BEGIN
  IF (NEW.code, NEW.kind) IS DISTINCT FROM (OLD.code, OLD.kind) OR OLD.ended IS NOT NULL
     OR (NEW.ended IS NOT NULL AND NEW.ended <> public.app_now()) THEN
    RAISE EXCEPTION 'a legal basis keeps its code and kind, and ends once, now' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.ended IS NULL THEN RETURN NULL; END IF;
  IF EXISTS (SELECT FROM public.access_grant g WHERE g.basis = 'ownership' AND g.ended IS NULL AND g.legal_basis = NEW.code) THEN
    RAISE EXCEPTION 'files are owned on this legal basis' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.code = 'vital' THEN
    RAISE EXCEPTION 'emergency access stands on this legal basis' USING ERRCODE = 'restrict_violation';
  END IF;
  SELECT array_agg(DISTINCT g.child_id) INTO files FROM public.access_grant g
   WHERE g.child_id IS NOT NULL AND g.ended IS NULL AND g.accepted IS NOT NULL AND g.until > public.app_now()
     AND (g.legal_basis = NEW.code OR (g.legal_by_section <> '{}'
       AND EXISTS (SELECT FROM jsonb_each_text(g.legal_by_section) s WHERE s.value = NEW.code)));
  IF files IS NOT NULL THEN PERFORM access.project_files(files); END IF;
  RETURN NULL;
END $$;

-- Rewrites the rows of the files of which an agency has live access: what it may open has changed, and with it what others have
-- from it.
CREATE FUNCTION access.project_agency(which uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  files uuid[] := (SELECT array_agg(DISTINCT g.child_id) FROM public.access_grant g
    WHERE g.child_id IS NOT NULL AND g.ended IS NULL AND g.accepted IS NOT NULL AND g.until > public.app_now()
      AND (g.team_id IN (SELECT t.id FROM public.accounts_team t WHERE t.agency_id = which)
        OR g.person_id IN (SELECT p.id FROM public.accounts_person p WHERE p.agency_id = which)));
BEGIN
  IF files IS NOT NULL THEN PERFORM access.project_files(files); END IF;
END $$;

-- An agreement that is signed or ends cuts, or opens, what its agency was given, in the same transaction. What was signed stays.
CREATE FUNCTION access.agreement_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := '{version,ended,end_reason}';
BEGIN
  IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - free <> to_jsonb(OLD) - free OR OLD.ended IS NOT NULL
       OR NEW.ended IS DISTINCT FROM public.app_now()) THEN
    RAISE EXCEPTION 'an agreement stays as it was signed, and ends once, now' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'INSERT' AND access.person() IS NOT NULL AND (NEW.begins <> public.app_now() OR NEW.ended IS NOT NULL) THEN
    RAISE EXCEPTION 'an agreement begins now' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM access.project_agency(NEW.agency_id);
  RETURN NULL;
END $$;
