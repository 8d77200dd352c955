-- Who acts, what that person holds, and the few writes that the application may not do by itself.
-- Every function is owned by guard, which has policies of its own; names are qualified and pg_temp comes last,
-- because the application may make a temporary table with the name of any table.

-- Whether somebody has the training that the roles ask for, by the condition TRAINED of portal/access/rowlevel.py.
CREATE FUNCTION access.is_trained(who uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  grace timestamptz := at - interval '30 days';
BEGIN
  RETURN (SELECT <trained> FROM public.accounts_person p WHERE p.id = who);
END $$;

-- The person of the identity in this transaction: NULL unless the token lives, the account and its agency are
-- active, and the training that the roles ask for is there.
CREATE FUNCTION access.person() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  secret text := current_setting('safe.session', true);
  at timestamptz;
  grace timestamptz;
  found uuid;
BEGIN
  IF coalesce(secret, '') = '' THEN RETURN NULL; END IF;
  at := public.app_now();
  grace := at - interval '30 days';
  SELECT p.id INTO found
    FROM public.access_identitytoken t
    JOIN public.accounts_person p ON p.id = t.person_id
    JOIN public.accounts_agency a ON a.id = p.agency_id
   WHERE t.digest = sha256(convert_to(secret, 'UTF8')) AND t.until > at AND p.is_active AND a.is_active AND <trained>;
  RETURN found;
END $$;

-- For how long a second factor that was shown opens WHEREABOUTS, HEALTH and THERAPY (portal/access/decide.py says the same).
CREATE FUNCTION access.fresh_for() RETURNS interval
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN interval '4 hours';
END $$;

-- How long ago a second factor was shown under the token in use. A job's is as old as it was when somebody asked for the
-- job: what was asked for in time is made, however long it waited.
CREATE FUNCTION access.code_age() RETURNS interval
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT CASE t.kind WHEN 'job' THEN t.made ELSE public.app_now() END - t.proved FROM public.access_identitytoken t
    WHERE t.digest = sha256(convert_to(current_setting('safe.session', true), 'UTF8')));
END $$;

CREATE FUNCTION access.agency() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT agency_id FROM public.accounts_person WHERE id = access.person());
END $$;

CREATE FUNCTION access.teams() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT array_agg(m.team_id) FROM public.accounts_membership m
    WHERE m.person_id = access.person() AND m.since <= public.app_now()
      AND (m.until IS NULL OR m.until > public.app_now())), '{}');
END $$;

CREATE FUNCTION access.groups() RETURNS integer[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT array_agg(t.group_id) FROM public.accounts_membership m
    JOIN public.accounts_team t ON t.id = m.team_id
    WHERE m.person_id = access.person() AND m.since <= public.app_now()
      AND (m.until IS NULL OR m.until > public.app_now())), '{}');
END $$;

-- Stages at which the person's roles reach each permission: element 1-9 to view, 10-18 to change a section,
-- bit n of an element = stage n.
CREATE FUNCTION access.reach() RETURNS integer[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  mine varchar[];
  overseen varchar[] := '{}';
BEGIN
  SELECT roles INTO mine FROM public.accounts_person WHERE id = me;
  IF mine IS NULL THEN RETURN array_fill(0, ARRAY[18]); END IF;
  IF 'supervisor' = ANY (mine) THEN
    SELECT coalesce(array_agg(DISTINCT role), '{}') INTO overseen
      FROM public.accounts_membership m JOIN public.accounts_person p ON p.id = m.person_id, unnest(p.roles) AS role
     WHERE m.team_id = ANY (access.teams()) AND p.is_active AND m.since <= public.app_now()
       AND (m.until IS NULL OR m.until > public.app_now());
  END IF;
  RETURN (SELECT array_agg(coalesce(r.stages, 0) ORDER BY n) FROM generate_series(1, 18) AS n LEFT JOIN (
    SELECT section + 9 * level AS n, bit_or(stages) AS stages FROM public.access_rule
     WHERE role = ANY (mine) OR (level = 0 AND role = ANY (overseen)) GROUP BY 1) r USING (n));
END $$;

-- The same as far as it is open now: without a fresh code no WHEREABOUTS, HEALTH or THERAPY. Headings and lists follow
-- access.reach(): a file does not go away because its reader's code is old.
CREATE FUNCTION access.masks() RETURNS integer[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  open integer[] := access.reach();
BEGIN
  IF access.code_age() < access.fresh_for() THEN RETURN open; END IF;
  FOR n IN 3..5 LOOP
    open[n] := 0;
    open[n + 9] := 0;
  END LOOP;
  RETURN open;
END $$;

-- Certified analysts and investigators of every member: who may look into open files and network series.
CREATE FUNCTION access.roams() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT roles && '{analyst,investigator}'::varchar[] FROM public.accounts_person
    WHERE id = access.person()), false);
END $$;

-- The files with whose child the person has a declared relation. A number that is of no file has a stand-in here: nobody
-- learns by declaring whether there is a file.
CREATE FUNCTION access.conflicts() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT array_agg(coalesce(c.id, access.stand_in(x.number, x.recorded)))
    FROM public.access_conflictofinterest x LEFT JOIN public.victims_child c ON c.case_number = x.number
    WHERE x.person_id = access.person() AND x.ended IS NULL), '{}');
END $$;

-- Whether the person holds a permission (1001-1018) on a file now: by a projected row, or because the file is open.
CREATE FUNCTION access.holds(file uuid, permission integer) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  mask integer := (access.masks())[permission - 1000];
BEGIN
  IF mask = 0 OR file = ANY (access.conflicts()) THEN RETURN false; END IF;
  RETURN EXISTS (SELECT FROM public.access_childgrouppermission r
      WHERE r.content_object_id = file AND r.permission_id = permission AND r.group_id = ANY (access.groups())
        AND r.valid_until > public.app_now() AND (mask >> r.stage) & 1 = 1)
    OR EXISTS (SELECT FROM public.access_childuserpermission r
      WHERE r.content_object_id = file AND r.permission_id = permission AND r.user_id = access.person()
        AND r.valid_until > public.app_now() AND (mask >> r.stage) & 1 = 1)
    OR (permission IN (1001, 1008, 1017) AND access.roams() AND EXISTS (SELECT FROM public.victims_child c
      WHERE c.id = file AND c.open_to_network AND (mask >> c.stage) & 1 = 1));
END $$;

-- Whether access to a file waits for this person, or a team of this person, to accept it. Whose roles reach no section of any
-- file accepts nothing, in whatever team.
CREATE FUNCTION access.is_offered(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN file <> ALL (access.conflicts()) AND NOT access.sealed_away(file) AND EXISTS (SELECT FROM public.access_grant g
    WHERE g.child_id = file AND g.accepted IS NULL AND g.ended IS NULL AND g.until > public.app_now()
      AND NOT access.waits_for_act(g.id)
      AND (g.team_id = ANY (access.teams()) OR g.person_id = access.person()) AND access.stands(g.id))
    AND 0 < ANY (access.reach());
END $$;

-- Number, code name and stage of files for whoever holds any section of them, or is offered one: the heading of a page
-- when SUMMARY is not among them.
CREATE FUNCTION access.file_lines(files uuid[])
RETURNS TABLE (id uuid, case_number varchar, code_name varchar, stage smallint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  mine integer[] := access.groups();
  masks integer[] := access.reach();
  hidden uuid[] := access.conflicts();
BEGIN
  RETURN QUERY SELECT c.id, c.case_number, c.code_name, c.stage FROM public.victims_child c
   WHERE c.id = ANY (files) AND c.id <> ALL (hidden) AND (
     EXISTS (SELECT FROM public.access_childgrouppermission r
       WHERE r.content_object_id = c.id AND r.permission_id BETWEEN 1001 AND 1009 AND r.group_id = ANY (mine)
         AND r.valid_until > public.app_now() AND (masks[r.permission_id - 1000] >> r.stage) & 1 = 1)
     OR EXISTS (SELECT FROM public.access_childuserpermission r
       WHERE r.content_object_id = c.id AND r.permission_id BETWEEN 1001 AND 1009 AND r.user_id = me
         AND r.valid_until > public.app_now() AND (masks[r.permission_id - 1000] >> r.stage) & 1 = 1)
     OR access.holds(c.id, 1008) OR access.is_offered(c.id));
END $$;

-- Whether a file is linked to a restricted series, for whoever may change a part of the file: the links themselves are
-- not theirs to see, but a file must not become open to the network because of that.
CREATE FUNCTION access.in_restricted_series(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM generate_series(1010, 1018) AS p WHERE access.holds(file, p)) THEN RETURN NULL; END IF;
  RETURN EXISTS (SELECT FROM public.victims_childseries l JOIN public.victims_series s ON s.id = l.series_id
    WHERE l.child_id = file AND l.ended IS NULL AND NOT s.is_network);
END $$;

-- Whether a document that somebody brings stands in any hash set: such a file is stored nowhere, whoever brings it.
CREATE FUNCTION access.is_listed(md5 bytea, sha1 bytea, sha256 bytea) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL THEN RETURN NULL; END IF;
  RETURN EXISTS (SELECT FROM public.victims_mediahash h
    WHERE (h.kind = 1 AND h.value = md5) OR (h.kind = 2 AND h.value = sha1) OR (h.kind = 3 AND h.value = sha256));
END $$;

-- May the person give this? A member of the owner team gives the one ownership; one who may change some section of the
-- file gives any section to somebody else, until the end of the 180th day where the owner is (docs/decisions/0023), and
-- without an end to a team of the own agency; anybody else passes on what access that allows it gave them: sections held,
-- no longer than held, to one agency more (docs/decisions/0038).
CREATE FUNCTION access.may_give(file uuid, series uuid, giver uuid, team uuid, taker uuid, given smallint[],
                                changed smallint[], ends timestamptz, ground varchar, parent uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  owner uuid := (SELECT c.owner_id FROM public.victims_child c WHERE c.id = file);
BEGIN
  IF me IS NULL OR giver IS DISTINCT FROM me THEN RETURN false; END IF;
  IF series IS NOT NULL THEN
    RETURN access.roams() AND (
      (ground = 'ownership' AND EXISTS (SELECT FROM public.victims_series s WHERE s.id = series AND s.owner_id = team
                                        AND team = ANY (access.teams())))
      OR EXISTS (SELECT FROM public.access_grant g WHERE g.series_id = series AND g.basis = 'ownership'
                 AND g.ended IS NULL AND g.team_id = ANY (access.teams())));
  END IF;
  IF file = ANY (access.conflicts()) OR access.sealed_away(file) OR taker = me THEN RETURN false; END IF;
  -- Whoever has just moved the file inside the agency, and ended the old ownership in this transaction, gives the new one.
  IF ground = 'ownership' AND team = owner AND access.is_ours(team, NULL) AND EXISTS (SELECT FROM public.access_grant g
       WHERE g.child_id = file AND g.basis = 'ownership' AND g.ended_by_id = me AND g.ended = public.app_now()) THEN
    RETURN true;
  END IF;
  IF owner = ANY (access.teams()) THEN
    IF ground = 'ownership' THEN RETURN team = owner; END IF;
    RETURN parent IS NULL AND access.changes_file(file) AND (access.within_180_days(owner, ends)
      OR (ground = 'assignment' AND ends = access.no_end() AND access.is_ours(team, NULL)));
  END IF;
  RETURN ground = 'referral' AND access.may_pass_on(file, team, taker, given, changed, ends, parent);
END $$;

-- Is the audience of the person's own agency? Only then does a giver accept in its place.
CREATE FUNCTION access.is_ours(team uuid, audience uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.accounts_team t WHERE t.id = team AND t.agency_id = access.agency())
      OR EXISTS (SELECT FROM public.accounts_person p WHERE p.id = audience AND p.agency_id = access.agency());
END $$;

-- Rewrites the permission rows of files from their live, accepted grants: the grants are the truth.
-- One at a time on a file: two that delete and insert side by side would meet at the unique key. Many at once hold the
-- tables instead, because a lock for each of many thousand files is more than the server keeps.
CREATE FUNCTION access.project_files(files uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF cardinality(files) = 1 THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('project ' || files[1], 0));
  ELSE
    LOCK TABLE public.access_childgrouppermission, public.access_childuserpermission IN SHARE ROW EXCLUSIVE MODE;
  END IF;
  DELETE FROM public.access_childgrouppermission WHERE content_object_id = ANY (files);
  DELETE FROM public.access_childuserpermission WHERE content_object_id = ANY (files);
  INSERT INTO public.access_childgrouppermission (content_object_id, group_id, permission_id, grant_id, valid_until, stage)
  SELECT DISTINCT ON (g.child_id, t.group_id, g.permission) g.child_id, t.group_id, g.permission, g.id, g.until, c.stage
    FROM access.opened(files) g
    JOIN public.victims_child c ON c.id = g.child_id
    JOIN public.accounts_team t ON t.id = g.team_id
   ORDER BY g.child_id, t.group_id, g.permission, g.until DESC, g.id;
  INSERT INTO public.access_childuserpermission (content_object_id, user_id, permission_id, grant_id, valid_until, stage)
  SELECT DISTINCT ON (g.child_id, g.person_id, g.permission, s.stage)
         g.child_id, g.person_id, g.permission, g.id, g.until, s.stage
    FROM access.opened(files) g
    JOIN public.victims_child c ON c.id = g.child_id
    CROSS JOIN LATERAL (SELECT CASE WHEN g.basis = 'emergency' AND g.permission <> 1003 THEN 0 ELSE c.stage END AS stage) s
   WHERE g.person_id IS NOT NULL
   ORDER BY g.child_id, g.person_id, g.permission, s.stage, g.until DESC, g.id;
  PERFORM access.project_seal(s.child_id) FROM public.access_seal s
   WHERE s.child_id = ANY (files) AND s.sealed IS NOT NULL AND s.ended IS NULL;
END $$;

CREATE FUNCTION access.project_series(which uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('project ' || which, 0));
  DELETE FROM public.access_seriesgrouppermission WHERE content_object_id = which;
  DELETE FROM public.access_seriesuserpermission WHERE content_object_id = which;
  INSERT INTO public.access_seriesgrouppermission (content_object_id, group_id, permission_id, grant_id, valid_until)
  SELECT DISTINCT ON (t.group_id, p) which, t.group_id, p, g.id, g.until
    FROM public.access_grant g JOIN public.accounts_team t ON t.id = g.team_id
    CROSS JOIN LATERAL unnest(CASE WHEN g.change = '{}' THEN '{1901}'::integer[] ELSE '{1901,1902}' END) AS p
   WHERE g.series_id = which AND g.accepted IS NOT NULL AND g.ended IS NULL AND g.begins <= at AND g.until > at
   ORDER BY t.group_id, p, g.until DESC, g.id;
  INSERT INTO public.access_seriesuserpermission (content_object_id, user_id, permission_id, grant_id, valid_until)
  SELECT DISTINCT ON (g.person_id, p) which, g.person_id, p, g.id, g.until
    FROM public.access_grant g
    CROSS JOIN LATERAL unnest(CASE WHEN g.change = '{}' THEN '{1901}'::integer[] ELSE '{1901,1902}' END) AS p
   WHERE g.series_id = which AND g.person_id IS NOT NULL AND g.accepted IS NOT NULL AND g.ended IS NULL
     AND g.begins <= at AND g.until > at
   ORDER BY g.person_id, p, g.until DESC, g.id;
END $$;

-- The rows follow the grants, whoever changes those and in whatever way: access that was ended by a query of somebody's own,
-- and whose rows stayed, would be access that no page shows.
CREATE FUNCTION access.grants_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  files uuid[] := (SELECT array_agg(DISTINCT c.child_id) FROM changed c WHERE c.child_id IS NOT NULL AND c.accepted IS NOT NULL);
BEGIN
  IF files IS NOT NULL THEN PERFORM access.project_files(files); END IF;
  PERFORM access.project_series(s.id) FROM (SELECT DISTINCT c.series_id AS id FROM changed c WHERE c.series_id IS NOT NULL) s;
  RETURN NULL;
END $$;

-- They carry the stage of the file, and agreements count from the agency that owns it.
CREATE FUNCTION access.files_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  files uuid[] := (SELECT array_agg(n.id) FROM changed n JOIN before o ON o.id = n.id
    WHERE n.stage <> o.stage OR access.agency_of(n.owner_id, NULL) <> access.agency_of(o.owner_id, NULL));
BEGIN
  IF files IS NOT NULL THEN PERFORM access.project_files(files); END IF;
  RETURN NULL;
END $$;

-- The key proves that the application asks: an injected query does not know it.
CREATE FUNCTION access.demand_key(proof text) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.access_openingkey WHERE digest = sha256(convert_to(proof, 'UTF8'))) THEN
    RAISE EXCEPTION 'the opening key does not fit: run migrate after a change of the secret key'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

-- Opens a token for a person. It counts as proved by a second factor from now on; a job's as the token that asks for it.
CREATE FUNCTION access.open_token(proof text, token uuid, holder uuid, secret_digest bytea, token_kind varchar,
                                  idle interval, lifetime interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  INSERT INTO public.access_identitytoken (id, digest, person_id, kind, made, idle, until, latest, proved)
  VALUES (token, secret_digest, holder, token_kind, public.app_now(), least(idle, lifetime),
          public.app_now() + least(idle, lifetime), public.app_now() + lifetime,
          CASE token_kind WHEN 'job' THEN public.app_now() - coalesce(access.code_age(), access.fresh_for())
                          ELSE public.app_now() END);
END $$;

-- Notes that a second factor was shown again, and puts a new secret in the place of the one in use: who has seen the old
-- one gains nothing by the code. How long the sign-in lasts stays.
CREATE FUNCTION access.renew_token(proof text, secret_digest bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  UPDATE public.access_identitytoken SET digest = secret_digest, proved = public.app_now()
   WHERE digest = sha256(convert_to(current_setting('safe.session', true), 'UTF8')) AND kind = 'session'
     AND until > public.app_now();
END $$;

-- Stores the hash of a password: the application may write that column in no other way.
CREATE FUNCTION access.set_password(proof text, whose uuid, hash varchar) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  UPDATE public.accounts_person SET password = hash WHERE id = whose;
END $$;

-- Marks this transaction as one in which somebody signs in: it may look at second factors. The mark is worked out from
-- what the application cannot read and holds for this transaction alone, so it cannot be set by hand or used again.
CREATE FUNCTION access.sign_in_mark() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT encode(sha256(digest || convert_to(pg_backend_pid() || ' ' || extract(epoch FROM now()), 'UTF8')), 'hex')
            FROM public.access_openingkey);
END $$;

CREATE FUNCTION access.begin_sign_in(proof text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  PERFORM set_config('safe.sign_in', access.sign_in_mark(), true);
END $$;

CREATE FUNCTION access.is_signing_in() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce(current_setting('safe.sign_in', true) = access.sign_in_mark(), false);
END $$;

-- Moves the end of the token in use by its own idle time, at most once a minute; false when the token is dead.
CREATE FUNCTION access.keep_token(moves boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  mine bytea := sha256(convert_to(current_setting('safe.session', true), 'UTF8'));
BEGIN
  UPDATE public.access_identitytoken SET until = least(public.app_now() + idle, latest)
   WHERE moves AND digest = mine AND until > public.app_now() AND until < public.app_now() + idle - interval '1 minute';
  RETURN EXISTS (SELECT FROM public.access_identitytoken WHERE digest = mine AND until > public.app_now());
END $$;

-- Whose token is in use, whether or not that person may open files now.
CREATE FUNCTION access.holder() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT t.person_id FROM public.access_identitytoken t JOIN public.accounts_person p ON p.id = t.person_id
           JOIN public.accounts_agency a ON a.id = p.agency_id AND a.is_active
          WHERE t.digest = sha256(convert_to(current_setting('safe.session', true), 'UTF8'))
            AND t.until > public.app_now() AND p.is_active);
END $$;

CREATE FUNCTION access.close_token() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.access_identitytoken SET until = public.app_now(), latest = public.app_now()
   WHERE digest = sha256(convert_to(current_setting('safe.session', true), 'UTF8')) AND until > public.app_now();
END $$;

-- Live grants of a file for whoever reads its SUMMARY: the application sees only its own rows otherwise.
CREATE FUNCTION access.grants_of(file uuid) RETURNS SETOF public.access_grant
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.holds(file, 1001) THEN RETURN; END IF;
  RETURN QUERY SELECT g.* FROM public.access_grant g
    WHERE g.child_id = file AND g.ended IS NULL AND g.until > public.app_now()
      AND (g.accepted IS NOT NULL OR NOT access.lapsed_with_act(g.id)) ORDER BY g.begins, g.id;
END $$;

-- Who looked at a file, for whoever reads its SUMMARY: newest first, before a moment. Whom it was refused to is told
-- to members of the team that owns it and to privacy officers. Nothing that a look tells of other files goes along, nor from
-- where somebody looked; a search showed the names of those files alone that it found by their names.
CREATE FUNCTION access.looks_at(file uuid, before timestamptz, most integer, with_refusals boolean)
RETURNS TABLE (recorded timestamptz, person_id uuid, person text, agency_id uuid, agency text, kind varchar, outcome varchar,
               sections smallint[], basis varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  told boolean := with_refusals AND (
    EXISTS (SELECT FROM public.victims_child c WHERE c.id = file AND c.owner_id = ANY (access.teams()))
    OR EXISTS (SELECT FROM public.accounts_person p WHERE p.id = access.person() AND 'privacy_officer' = ANY (p.roles)));
BEGIN
  IF NOT access.holds(file, 1001) THEN RETURN; END IF;
  RETURN QUERY SELECT e.recorded, e.person_id, e.person, e.agency_id, e.agency, e.kind, e.outcome,
      CASE WHEN e.kind = 'search' AND NOT coalesce(e.details -> 'named' ? file::text, false)
           THEN array_remove(e.sections, 2::smallint) ELSE e.sections END, e.basis
    FROM public.audit_event e
    WHERE (e.child_id = file OR e.entities @> ARRAY[file]) AND e.recorded < before
      AND ((e.action = 'R' AND e.outcome = 'ok') OR (told AND e.outcome = 'refused'))
    ORDER BY e.recorded DESC LIMIT least(most, 200);
END $$;

-- How many children a series is linked to and how many of them are confirmed: two numbers, no file.
CREATE FUNCTION access.series_progress(which uuid, OUT children integer, OUT identified integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.sees_series(which) THEN RETURN; END IF;
  SELECT count(*), count(*) FILTER (WHERE c.identity = 4) INTO children, identified
    FROM public.victims_childseries l JOIN public.victims_child c ON c.id = l.child_id
   WHERE l.series_id = which AND l.ended IS NULL AND NOT access.sealed_away(c.id);
END $$;
