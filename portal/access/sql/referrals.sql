-- Referrals: when access comes with another act, and what a query under the application's role cannot do to a referral.

-- Roles that work with files: those that more than the heading of a file opens to. Being in a team is not enough to act
-- for it. portal/access/roles.py says the same.
CREATE FUNCTION access.is_caseworker(who uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT p.roles && '{analyst,investigator,intake,social_worker,shelter_worker,clinician,ngo_worker,supervisor}'
    FROM public.accounts_person p WHERE p.id = who), false);
END $$;

CREATE FUNCTION access.works_with_files() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.is_caseworker(access.person());
END $$;

-- Whether access comes with an act that has not happened: a bed whose child was not admitted, a referral that was not
-- accepted. Nobody accepts it before that, nor in another way.
CREATE FUNCTION access.waits_for_act(given uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.shelters_placement p WHERE p.grant_id = given AND p.state IN (1, 4))
    OR EXISTS (SELECT FROM public.referrals_referral r WHERE r.grant_id = given AND r.state NOT IN (4, 7, 8, 9));
END $$;

-- Whether the act that access comes with will not happen: the bed was given back, its hold has run out, the referral was
-- declined or taken back. The offer ended with it.
CREATE FUNCTION access.lapsed_with_act(given uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.shelters_placement p WHERE p.grant_id = given
      AND (p.state = 4 OR (p.state = 1 AND upper(p.during) <= public.app_now())))
    OR EXISTS (SELECT FROM public.referrals_referral r WHERE r.grant_id = given AND r.state IN (6, 10, 11, 12));
END $$;

-- Whether the person is on the sending side: a draft is its writer's alone, what was sent is of the team that owns the file
-- now, whoever sent it.
CREATE FUNCTION access.sends(r public.referrals_referral) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.works_with_files() AND (r.sent IS NOT NULL OR r.sent_by_id = access.person())
    AND EXISTS (SELECT FROM public.victims_child c WHERE c.id = r.child_id AND c.owner_id = ANY (access.teams()));
END $$;

-- Whom an answer is told, for whoever answers: the one who sent it, else all of the team that owns the file now. Nobody
-- in conflict with the child, and nobody whose role does not open the file as it stands.
CREATE FUNCTION access.told_of_answer(which uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY WITH reader AS (
    SELECT p.id, p.id = r.sent_by_id AS sent_it
      FROM public.referrals_referral r
      JOIN public.victims_child c ON c.id = r.child_id
      JOIN public.accounts_membership m ON m.team_id = c.owner_id AND m.since <= public.app_now()
       AND (m.until IS NULL OR m.until > public.app_now())
      JOIN public.accounts_person p ON p.id = m.person_id AND p.is_active AND p.id <> access.person()
     WHERE r.id = which AND r.sent IS NOT NULL AND r.to_team_id = ANY (access.teams())
       AND EXISTS (SELECT FROM public.access_rule a WHERE a.role = ANY (p.roles) AND a.section = 1 AND a.level = 0
                   AND (a.stages >> c.stage) & 1 = 1)
       AND NOT access.is_kept_apart(p.id, c.id))
  SELECT id FROM reader WHERE sent_it OR NOT EXISTS (SELECT FROM reader WHERE sent_it);
END $$;

-- Whether nothing is written yet that belongs to a later step than sending.
CREATE FUNCTION access.is_unanswered(r public.referrals_referral) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN num_nonnulls(r.claimed, r.accepted, r.worker_id, r.first_on, r.attended, r.next_on, r.closed, r.reminded) = 0
    AND concat(r.decline, r.answer, r.outcome, r.close_reason) = '';
END $$;

-- Whether it holds no more than what a draft holds.
CREATE FUNCTION access.is_draft(r public.referrals_referral) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.is_unanswered(r) AND num_nonnulls(r.sent, r.answer_by, r.until, r.grant_id) = 0;
END $$;

-- Whether the access of the referral has ended: a referral and its access end in one act.
CREATE FUNCTION access.opens_nothing(r public.referrals_referral) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN NOT EXISTS (SELECT FROM public.access_grant g
    WHERE g.id = r.grant_id AND g.ended IS NULL AND g.until > public.app_now());
END $$;

-- Whether the referral may be sent as it stands: by a member of the team that owns the file, to the team of an active
-- service, with unaccepted access of its own that opens exactly the sections of its brief until its last day.
CREATE FUNCTION access.may_send(r public.referrals_referral) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.is_unanswered(r) AND r.sent = public.app_now() AND r.until > public.app_now()
    AND r.answer_by = r.sent + make_interval(hours => (ARRAY[1, 3, 24, 72])[r.urgency])
    AND EXISTS (SELECT FROM public.referrals_service s WHERE s.id = r.service_id AND s.is_active AND s.team_id = r.to_team_id)
    AND EXISTS (SELECT FROM public.victims_child c WHERE c.id = r.child_id AND c.owner_id = r.from_team_id)
    AND EXISTS (SELECT FROM public.access_grant g JOIN public.referrals_brief b ON b.id = r.id
      WHERE g.id = r.grant_id AND g.child_id = r.child_id AND g.team_id = r.to_team_id AND g.basis = 'referral'
        AND g.given_by_id = access.person() AND g.accepted IS NULL AND g.ended IS NULL AND g.until = r.until
        AND g.view = b.view AND g.change = b.change);
END $$;

-- A step of the recipient's: claimed, accepted, put on a waiting list, declined, started, ended. Each writes what belongs
-- to it and nothing else; names and times are those of whoever acts, now; a claim of somebody else that still runs is not
-- taken over; the end of a referral is the end of its access.
CREATE FUNCTION access.recipient_may(before public.referrals_referral, after public.referrals_referral) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  is_open boolean := before.state IN (2, 3, 5) AND before.until > at;
  free text[] := '{version,state}'::text[] || (CASE after.state
    WHEN 3 THEN '{claimed,claimed_by_id}'
    WHEN 4 THEN '{accepted,accepted_by_id,worker_id,first_on}'
    WHEN 5 THEN '{decline,answer}'
    WHEN 6 THEN '{decline,answer,closed}'
    WHEN 7 THEN '{}'
    ELSE '{attended,outcome,next_on,closed}' END)::text[];
BEGIN
  IF before.to_team_id <> ALL (access.teams()) OR NOT access.works_with_files()
     OR to_jsonb(after) - free IS DISTINCT FROM to_jsonb(before) - free THEN RETURN false; END IF;
  CASE after.state
    WHEN 3 THEN RETURN is_open AND after.claimed_by_id = access.person() AND after.claimed = at
      AND (before.state <> 3 OR before.claimed <= at - interval '4 hours');
    WHEN 4 THEN RETURN is_open AND after.accepted_by_id = access.person() AND after.accepted = at
      AND EXISTS (SELECT FROM public.accounts_membership m WHERE m.person_id = after.worker_id
        AND m.team_id = before.to_team_id AND m.until IS NULL);
    WHEN 5 THEN RETURN is_open AND after.answer <> '';
    WHEN 6 THEN RETURN is_open AND after.closed = at AND access.opens_nothing(after);
    WHEN 7 THEN RETURN before.state = 4;
    WHEN 8, 9 THEN RETURN before.state IN (4, 7) AND after.closed = at AND after.attended = (after.state = 8)
      AND access.opens_nothing(after);
    ELSE RETURN false;
  END CASE;
END $$;

-- A step of the sender's: a draft is written, sent or dropped, a referral reminded of once a day, or taken back.
CREATE FUNCTION access.sender_may(before public.referrals_referral, after public.referrals_referral) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  fixed text[] := '{version,state,closed,close_reason,reminded}';
  at timestamptz := public.app_now();
BEGIN
  IF NOT access.sends(before) THEN RETURN false; END IF;
  IF before.state = 1 THEN
    IF (after.id, after.child_id, after.number, after.from_team_id, after.sent_by_id) IS DISTINCT FROM
       (before.id, before.child_id, before.number, before.from_team_id, before.sent_by_id) THEN RETURN false; END IF;
    IF after.state = 10 THEN
      RETURN after.closed = at AND to_jsonb(after) - fixed = to_jsonb(before) - fixed
        AND (after.close_reason, after.reminded) IS NOT DISTINCT FROM (before.close_reason, before.reminded);
    END IF;
    RETURN (after.state = 1 AND access.is_draft(after)) OR (after.state = 2 AND access.may_send(after));
  END IF;
  IF to_jsonb(after) - fixed IS DISTINCT FROM to_jsonb(before) - fixed THEN RETURN false; END IF;
  IF after.state = before.state THEN
    RETURN before.state IN (2, 3, 4, 5, 7) AND after.reminded = at AND after.closed IS NULL
      AND after.close_reason = before.close_reason
      AND (before.reminded IS NULL OR (before.reminded AT TIME ZONE 'UTC')::date < (at AT TIME ZONE 'UTC')::date);
  END IF;
  IF after.closed IS DISTINCT FROM at OR after.reminded IS DISTINCT FROM before.reminded
     OR (after.close_reason <> '') <> (after.state IN (10, 11)) OR NOT access.opens_nothing(after) THEN RETURN false; END IF;
  RETURN (before.state IN (2, 3, 4, 5, 7) AND after.state IN (10, 11))
    OR (before.state IN (2, 3, 5) AND after.state = 12 AND before.until <= at);
END $$;

CREATE FUNCTION access.referral_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 1 AND NEW.sent_by_id = access.person() AND access.is_draft(NEW)
       AND EXISTS (SELECT FROM public.victims_child c WHERE c.id = NEW.child_id AND c.owner_id = NEW.from_team_id)
       AND EXISTS (SELECT FROM public.referrals_service s WHERE s.id = NEW.service_id AND s.team_id = NEW.to_team_id) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a referral begins as a draft of the team that owns the file' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF access.recipient_may(OLD, NEW) OR access.sender_may(OLD, NEW) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'this step of the referral is not this person''s to take' USING ERRCODE = 'insufficient_privilege';
END $$;

-- What is asked stays as it was sent.
CREATE FUNCTION access.brief_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL OR EXISTS (SELECT FROM public.referrals_referral r WHERE r.id = NEW.referral_id
       AND r.state = 1 AND r.child_id = NEW.child_id AND access.sends(r)) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'a brief is written while its referral is a draft' USING ERRCODE = 'insufficient_privilege';
END $$;
