-- Who keeps the people of an agency, and what the application may not write of them by a query of its own. Django saves the
-- rows, so that every one has its history; triggers that fire for the role app alone say whose they are to write: those of
-- an administrator of the same agency, never one's own, and roles only where another person has just decided on them.

-- Is the person in hand an administrator of this agency?
CREATE FUNCTION access.keeps(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce(which = access.agency() AND access.has_role('{agency_admin}'), false);
END $$;

-- May the person in hand see to somebody's account? An administrator to those of the same agency, the operator to
-- administrators; nobody to the own one.
CREATE FUNCTION access.keeps_person(who uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN who <> access.person() AND EXISTS (SELECT FROM public.accounts_person p WHERE p.id = who
    AND (access.keeps(p.agency_id) OR (access.has_role('{operator}') AND 'agency_admin' = ANY (p.roles))));
END $$;

-- Has the agency an active administrator beside these people?
CREATE FUNCTION access.has_keeper(which uuid, beside uuid[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.accounts_person p WHERE p.agency_id = which AND p.is_active
    AND 'agency_admin' = ANY (p.roles) AND p.id <> ALL (array_remove(beside, NULL)));
END $$;

-- May the person in hand decide what somebody asked about somebody? Another administrator of the agency; where there is
-- none beside the two, the operator.
CREATE FUNCTION access.may_decide(which uuid, asker uuid, subject uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
BEGIN
  RETURN coalesce(me <> asker AND me IS DISTINCT FROM subject AND (access.keeps(which)
    OR (access.has_role('{operator}') AND NOT access.has_keeper(which, ARRAY[asker, subject]))), false);
END $$;

-- Has the person in hand just decided this, in the open transaction?
CREATE FUNCTION access.has_decided(what varchar, who uuid, roles_before varchar[], roles_after varchar[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.accounts_personchange c WHERE c.kind = what AND c.person_id = who AND c.state = 2
    AND c.decided_by_id = access.person() AND c.decided = public.app_now()
    AND (what <> 'roles' OR (c.before = roles_before AND c.roles = roles_after)));
END $$;

-- Roles that oversee or keep the whole network are given in the network's own offices alone.
CREATE FUNCTION access.may_hold(which uuid, wanted varchar[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN cardinality(wanted) > 0 AND EXISTS (SELECT FROM public.accounts_agency a WHERE a.id = which AND a.is_active
    AND (a.kind = 'oversight' OR NOT wanted && '{auditor,registrar,operator}'::varchar[]));
END $$;

-- --- joining: whoever opens the link of an invitation has not signed in yet ------------------------------------------------

-- The mark of an invitation whose link was opened in this transaction: worked out from what the application cannot read.
CREATE FUNCTION access.joining_mark(which text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT encode(sha256(digest || convert_to('join ' || which || ' ' || pg_backend_pid() || ' '
      || extract(epoch FROM now()), 'UTF8')), 'hex') FROM public.access_openingkey);
END $$;

-- Opens the way in with the hash of a link's secret, once it was sent and while it lives; gives the invitation.
CREATE FUNCTION access.begin_joining(proof text, secret_digest bytea) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  found uuid;
BEGIN
  PERFORM access.demand_key(proof);
  IF access.holder() IS NOT NULL THEN RETURN NULL; END IF;
  SELECT i.id INTO found FROM public.accounts_invitation i JOIN public.accounts_agency a ON a.id = i.agency_id AND a.is_active
   WHERE i.digest = secret_digest AND i.state = 2 AND i.until > public.app_now();
  IF found IS NOT NULL THEN
    PERFORM set_config('safe.joining', found || ' ' || access.joining_mark(found::text), true);
  END IF;
  RETURN found;
END $$;

CREATE FUNCTION access.joining() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  mark text := current_setting('safe.joining', true);
BEGIN
  IF coalesce(mark, '') = '' OR split_part(mark, ' ', 2) <> access.joining_mark(split_part(mark, ' ', 1)) THEN RETURN NULL; END IF;
  RETURN split_part(mark, ' ', 1)::uuid;
END $$;

-- --- what a query cannot forge ---------------------------------------------------------------------------------------------

-- An account comes into being by its invitation, as it was asked. Names and preferences are one's own to change; roles, and
-- opening a closed account, take effect with the decision of a second person; an account is closed by who keeps it. No file
-- is left alone by it.
CREATE FUNCTION access.person_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  own text[] := '{given_name,family_name,language,time_zone,shortcuts}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.password NOT LIKE '!%' OR NOT NEW.is_active OR NEW.joined <> public.app_now()
       OR NOT EXISTS (SELECT FROM public.accounts_invitation i WHERE i.id = access.joining() AND i.state = 2
         AND (i.agency_id, i.email, i.given_name, i.family_name, i.roles)
           = (NEW.agency_id, NEW.email, NEW.given_name, NEW.family_name, NEW.roles)) THEN
      RAISE EXCEPTION 'an account is made by its invitation' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF access.holder() IS NULL
     OR to_jsonb(NEW) - own - '{version,roles,is_active}'::text[] <> to_jsonb(OLD) - own - '{version,roles,is_active}'::text[]
     OR ((NEW.given_name, NEW.family_name, NEW.language, NEW.time_zone, NEW.shortcuts)
         <> (OLD.given_name, OLD.family_name, OLD.language, OLD.time_zone, OLD.shortcuts)
       AND OLD.id IS DISTINCT FROM access.holder())
     OR (NEW.roles <> OLD.roles AND NOT (access.has_decided('roles', OLD.id, OLD.roles, NEW.roles)
       AND access.may_hold(OLD.agency_id, NEW.roles)))
     OR (OLD.is_active AND NOT NEW.is_active AND access.keeps_person(OLD.id) IS NOT TRUE)
     OR (NEW.is_active AND NOT OLD.is_active AND NOT access.has_decided('reopening', OLD.id, NULL, NULL)) THEN
    RAISE EXCEPTION 'this of an account is not this person''s to change' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (OLD.is_active AND NOT NEW.is_active) OR (NEW.roles <> OLD.roles
       AND NOT NEW.roles && '{analyst,investigator,intake,social_worker,shelter_worker,clinician,ngo_worker,supervisor}'::varchar[]) THEN
    PERFORM access.take_turn(OLD.agency_id);
    IF EXISTS (SELECT FROM access.files_left_alone(OLD.id, NULL)) THEN
      RAISE EXCEPTION 'no file is left without somebody who works on it' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- People join teams of their agency from now on, and leave them now; nobody puts themselves into a team.
CREATE FUNCTION access.membership_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.since <> public.app_now() OR NEW.until IS NOT NULL OR NOT EXISTS (
         SELECT FROM public.accounts_person p JOIN public.accounts_team t ON t.agency_id = p.agency_id
          WHERE p.id = NEW.person_id AND t.id = NEW.team_id AND p.is_active
            AND ((access.keeps(t.agency_id) AND p.id <> access.person())
              OR EXISTS (SELECT FROM public.accounts_invitation i
                 WHERE i.id = access.joining() AND i.email = p.email AND t.id = ANY (i.teams)))) THEN
      RAISE EXCEPTION 'people are put into teams by an administrator of their agency' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - '{version,until}'::text[] <> to_jsonb(OLD) - '{version,until}'::text[] OR OLD.until IS NOT NULL
     OR NEW.until IS DISTINCT FROM public.app_now()
     OR NOT coalesce(access.keeps_person(OLD.person_id) OR access.keeps((SELECT t.agency_id FROM public.accounts_team t
       WHERE t.id = OLD.team_id)), false) THEN
    RAISE EXCEPTION 'people leave teams now, by an administrator' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM access.take_turn(access.agency_of(OLD.team_id, NULL));
  IF EXISTS (SELECT FROM access.files_left_alone(OLD.person_id, OLD.team_id)) THEN
    RAISE EXCEPTION 'no file is left without somebody who works on it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- The group of a new team, which permission rows point at.
CREATE FUNCTION access.make_group(team uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  made integer;
BEGIN
  IF NOT access.has_role('{agency_admin,operator}') THEN
    RAISE EXCEPTION 'teams are made by administrators' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO public.auth_group (name) VALUES (team::text) RETURNING id INTO made;
  RETURN made;
END $$;

-- Teams are an administrator's, and while there is no file yet the operator's as well; the intake desk is made with its agency
-- by the operator, and stays one.
CREATE FUNCTION access.team_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT FROM public.auth_group g WHERE g.id = NEW.group_id AND g.name = NEW.id::text)
       OR NOT (CASE WHEN NEW.is_intake THEN access.has_role('{operator}') AND NOT EXISTS (
             SELECT FROM public.accounts_team t WHERE t.agency_id = NEW.agency_id AND t.is_intake)
           ELSE access.keeps(NEW.agency_id) OR (access.has_role('{operator}') AND access.is_first_day()) END) THEN
      RAISE EXCEPTION 'a team is made by an administrator of its agency' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - '{version,name}'::text[] <> to_jsonb(OLD) - '{version,name}'::text[] OR NOT access.keeps(OLD.agency_id) THEN
    RAISE EXCEPTION 'of a team its administrator changes the name' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- A new version of the unified standard comes into force by a registrar, from now on or later.
CREATE FUNCTION access.standard_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' OR NOT access.has_role('{registrar}') OR NEW.since < public.app_now() THEN
    RAISE EXCEPTION 'a version of the standard is added by a registrar, and stays' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Certificates for the standard are a registrar's to record and to revoke, briefings an administrator's; never one's own.
CREATE FUNCTION access.certificate_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT coalesce(NEW.person_id <> access.person() AND CASE NEW.kind WHEN 'standard' THEN access.has_role('{registrar}')
       ELSE access.keeps_person(NEW.person_id) END, false)
     OR (TG_OP = 'INSERT' AND (NEW.valid_from <> public.app_now() OR NEW.revoked IS NOT NULL))
     OR (TG_OP = 'UPDATE' AND (to_jsonb(NEW) - '{version,revoked}'::text[] <> to_jsonb(OLD) - '{version,revoked}'::text[]
       OR OLD.revoked IS NOT NULL OR NEW.revoked IS DISTINCT FROM public.app_now())) THEN
    RAISE EXCEPTION 'a certificate is recorded by who keeps it, for somebody else' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- An administrator invites to the own agency, the operator its administrators. The link is sent once a second person has
-- agreed; while there is no file yet, those of an agency without an administrator go out at once. It is used once, by whoever opens it.
CREATE FUNCTION access.invitation_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := '{version,state,sends,digest,until,person_id}';
  by_operator boolean := access.has_role('{operator}') AND NEW.roles = '{agency_admin}'::varchar[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT (access.keeps(NEW.agency_id) OR by_operator) OR NEW.invited_by_id <> access.person()
       OR NEW.made <> public.app_now() OR NEW.state <> 1 OR NEW.sends <> 0 OR NEW.digest IS NOT NULL
       OR NEW.email <> lower(NEW.email) OR NOT access.may_hold(NEW.agency_id, NEW.roles)
       OR EXISTS (SELECT FROM unnest(NEW.teams) AS wanted WHERE NOT EXISTS (
         SELECT FROM public.accounts_team t WHERE t.id = wanted AND t.agency_id = NEW.agency_id)) THEN
      RAISE EXCEPTION 'people are invited by an administrator of the agency' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free OR NOT coalesce(CASE NEW.state
       WHEN 2 THEN OLD.state IN (1, 2) AND NEW.sends = OLD.sends + 1 AND NEW.until = public.app_now() + interval '7 days'
         AND NEW.digest IS DISTINCT FROM OLD.digest AND (access.keeps(OLD.agency_id) OR access.has_role('{operator}'))
         AND (EXISTS (SELECT FROM public.accounts_personchange c WHERE c.invitation_id = OLD.id AND c.state = 2)
           OR (by_operator AND (OLD.state = 2 OR (access.is_first_day() AND NOT access.has_keeper(OLD.agency_id, '{}')))))
       WHEN 3 THEN OLD.id = access.joining() AND OLD.state = 2 AND NEW.digest IS NULL AND EXISTS (
         SELECT FROM public.accounts_person p WHERE p.id = NEW.person_id AND p.email = OLD.email AND p.joined = public.app_now())
       WHEN 4 THEN OLD.state IN (1, 2) AND NEW.digest IS NULL AND (access.keeps(OLD.agency_id) OR by_operator)
       WHEN 5 THEN OLD.state = 1 AND EXISTS (SELECT FROM public.accounts_personchange c WHERE c.invitation_id = OLD.id
         AND c.state = 3 AND c.decided_by_id = access.person() AND c.decided = public.app_now())
     END, false) THEN
    RAISE EXCEPTION 'an invitation is sent once a second person has agreed, and used once' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- A change is asked in one's own name by who keeps the person, with the roles as they stand, and decided once, by another.
CREATE FUNCTION access.change_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer text[] := '{version,state,decided_by_id,decided,comment}';
  me uuid := access.person();
  at timestamptz := public.app_now();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 1 OR NEW.asked_by_id <> me OR NEW.asked <> at OR NEW.reason = '' OR NEW.comment <> ''
       OR NOT coalesce(CASE NEW.kind WHEN 'invitation' THEN EXISTS (SELECT FROM public.accounts_invitation i
             WHERE i.id = NEW.invitation_id AND i.agency_id = NEW.agency_id AND i.roles = NEW.roles AND i.state = 1
               AND i.invited_by_id = me)
           ELSE access.keeps_person(NEW.person_id) AND EXISTS (SELECT FROM public.accounts_person p
             WHERE p.id = NEW.person_id AND p.agency_id = NEW.agency_id AND CASE NEW.kind
               WHEN 'roles' THEN NEW.before = p.roles AND NEW.roles <> p.roles AND access.may_hold(p.agency_id, NEW.roles)
               WHEN 'reopening' THEN NOT p.is_active
               WHEN 'second_factor' THEN p.is_active END) END, false) THEN
      RAISE EXCEPTION 'a change is asked by who keeps the person' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - answer <> to_jsonb(OLD) - answer OR OLD.state <> 1 OR NEW.decided IS DISTINCT FROM at
     OR NOT (CASE NEW.state WHEN 4 THEN OLD.asked_by_id = me AND NEW.decided_by_id IS NULL
       WHEN 1 THEN false
       ELSE NEW.decided_by_id = me AND access.may_decide(OLD.agency_id, OLD.asked_by_id, OLD.person_id) END) THEN
    RAISE EXCEPTION 'a change is decided once, by a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- --- acts that reach further than the application sees ---------------------------------------------------------------------

-- Ends every sign-in, job and key of somebody, for who keeps the person: also a job that waited so long that its token has run out.
CREATE FUNCTION access.end_tokens(who uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.keeps_person(who) IS NOT TRUE AND NOT access.has_decided('second_factor', who, NULL, NULL) THEN
    RAISE EXCEPTION 'this account is not this person''s to see to' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE public.access_identitytoken SET until = public.app_now(), latest = public.app_now()
   WHERE person_id = who AND (until > public.app_now() OR kind = 'job');
END $$;

-- What goes with an account that is closed: sign-ins and jobs, access given to the person by name and what was passed on from
-- it, and tasks, which go back to their team. Whoever keeps people learns of no file by it.
CREATE FUNCTION access.leave_everything(who uuid, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  given uuid[] := ARRAY(SELECT g.id FROM public.access_grant g WHERE g.person_id = who AND g.ended IS NULL
    UNION SELECT o.id FROM public.access_grant g JOIN public.access_grant o ON o.parent_id = g.id AND o.ended IS NULL
     WHERE g.person_id = who AND g.ended IS NULL);
  tasks uuid[] := ARRAY(SELECT t.id FROM public.casework_task t WHERE t.person_id = who AND t.state = 1);
BEGIN
  IF access.keeps_person(who) IS NOT TRUE THEN
    RAISE EXCEPTION 'this account is not this person''s to see to' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM access.end_tokens(who);
  UPDATE public.access_grant SET ended = public.app_now(), ended_by_id = access.person(), end_reason = left(why, 300),
    version = version + 1 WHERE id = ANY (given) AND ended IS NULL;
  PERFORM access.note_history('access_grant', given, '~', why);
  PERFORM access.note_event('end grant', 'U', g.child_id, 'access.grant', g.id, g.basis, why) FROM public.access_grant g WHERE g.id = ANY (given);
  UPDATE public.casework_task SET person_id = NULL, version = version + 1 WHERE id = ANY (tasks);
  PERFORM access.note_history('casework_task', tasks, '~', why);
  PERFORM access.note_event('change', 'U', t.child_id, 'casework.task', t.id, '', why) FROM public.casework_task t WHERE t.id = ANY (tasks);
END $$;

-- Removes the second factors of somebody, for the second person who has just decided so: the next sign-in makes new ones.
CREATE FUNCTION access.remove_factors(who uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  removed integer;
BEGIN
  IF NOT access.has_decided('second_factor', who, NULL, NULL) THEN
    RAISE EXCEPTION 'second factors are removed by the decision of a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM public.mfa_authenticator WHERE user_id = who;
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;

-- When the people whom the person in hand keeps signed in last.
CREATE FUNCTION access.last_sign_ins(people uuid[]) RETURNS TABLE (person uuid, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT t.person_id, max(t.made) FROM public.access_identitytoken t JOIN public.accounts_person p ON p.id = t.person_id
   WHERE t.person_id = ANY (people) AND t.kind = 'session' AND (access.keeps(p.agency_id) OR access.keeps_person(p.id)) GROUP BY 1;
END $$;

-- Tells people 30 and 7 days before their training ends, each once for each certificate; access.look_at_the_clock() asks.
CREATE FUNCTION access.remind_of_training() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  told uuid[];
BEGIN
  WITH ends AS (  -- of each kind what reaches furthest, cut where a newer version of the standard ends it
    SELECT DISTINCT ON (c.person_id, c.kind) c.id, c.person_id, least(c.valid_until, (SELECT min(n.since) + interval '30 days'
        FROM public.accounts_standard n WHERE n.since > s.since)) AS until
      FROM public.accounts_certificate c LEFT JOIN public.accounts_standard s ON s.id = c.standard_id
      JOIN public.accounts_person p ON p.id = c.person_id AND p.is_active
     WHERE c.revoked IS NULL ORDER BY c.person_id, c.kind, 3 DESC, c.id),
  due AS (
    SELECT e.id, e.person_id, CASE WHEN e.until <= at + interval '7 days' THEN 'training_ends_in_7_days'
        ELSE 'training_ends_in_30_days' END AS kind FROM ends e WHERE e.until > at AND e.until <= at + interval '30 days'),
  made AS (
    INSERT INTO public.casework_notice (id, version, person_id, level, kind, subject_id, words, made)
    SELECT uuidv7(), 1, d.person_id, 2, d.kind, d.id, '{}', at FROM due d WHERE NOT EXISTS (
      SELECT FROM public.casework_notice n WHERE n.person_id = d.person_id AND n.kind = d.kind AND n.subject_id = d.id)
    RETURNING id)
  SELECT array_agg(id) INTO told FROM made;
  PERFORM access.note_history('casework_notice', told, '+', '');
  RETURN coalesce(cardinality(told), 0);
END $$;
