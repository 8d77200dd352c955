-- What a query cannot forge of a care plan: who approves it, and who says what came of an action.

-- Has the person written any word of a version: its text, a goal, or an action that was asked for or cancelled since a
-- version was approved last? Asking for changes is not writing. Answered for whoever holds CARE.
CREATE FUNCTION access.wrote_plan(plan uuid, who uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  file uuid := (SELECT p.child_id FROM public.victims_careplan p WHERE p.id = plan);
  approved timestamptz := coalesce((SELECT max(h.history_date) FROM public.victims_historicalcareplan h
    WHERE h.child_id = file AND h.id <> plan AND h.state = 4), '-infinity');
BEGIN
  IF NOT access.holds(file, 1006) THEN RETURN NULL; END IF;
  RETURN EXISTS (SELECT FROM public.victims_historicalcareplan h
      WHERE h.id = plan AND h.history_user_id = who AND h.state IN (1, 2, 3) AND NOT (h.state = 3 AND EXISTS (
        SELECT FROM public.victims_historicalcareplan o WHERE o.id = plan AND o.version = h.version - 1 AND o.state = 2)))
    OR EXISTS (SELECT FROM public.victims_historicalgoal h WHERE h.plan_id = plan AND h.history_user_id = who)
    OR EXISTS (SELECT FROM public.victims_historicalplanaction h
      JOIN public.victims_planaction a ON a.id = h.id JOIN public.victims_goal g ON g.id = a.goal_id
      WHERE g.plan_id = plan AND h.history_user_id = who AND (h.version = 1 OR h.state = 6) AND h.history_date >= approved);
END $$;

CREATE FUNCTION access.is_owner(file uuid, team uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.victims_child c WHERE c.id = file AND c.owner_id = team);
END $$;

-- A plan is written while nobody decides on it, and goes to the team that owns the file; a supervisor of its team, who
-- wrote no word of it and did not send it, agrees or asks for changes.
CREATE FUNCTION access.plan_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  writes boolean;
  supervises boolean;
  decides boolean;
  sending text[] := '{state,version,approval_id,sent_by_id,team_id,late_reason}';
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 1 OR NOT access.is_owner(NEW.child_id, NEW.team_id) THEN
      RAISE EXCEPTION 'a care plan begins as a draft of the team that owns the file' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  writes := access.holds(NEW.child_id, 1015);
  supervises := access.has_role('{supervisor}') AND (OLD.team_id = ANY (access.teams()) OR EXISTS (
    SELECT FROM public.victims_child c WHERE c.id = OLD.child_id AND c.owner_id = ANY (access.teams())));
  decides := supervises AND OLD.team_id = ANY (access.teams()) AND NOT access.wrote_plan(OLD.id, me);
  IF (NEW.child_id, NEW.number) IS DISTINCT FROM (OLD.child_id, OLD.number)
     OR (to_jsonb(NEW) - sending <> to_jsonb(OLD) - sending AND NOT (writes AND OLD.state IN (1, 3) AND NEW.state = OLD.state)) THEN
    RAISE EXCEPTION 'a care plan is written before it is sent' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.approval_id, NEW.sent_by_id, NEW.team_id, NEW.late_reason)
     IS DISTINCT FROM (OLD.approval_id, OLD.sent_by_id, OLD.team_id, OLD.late_reason)
     AND NOT (writes AND NEW.state = 2 AND NEW.sent_by_id = me) THEN
    RAISE EXCEPTION 'a care plan is sent in one''s own name' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state <> OLD.state AND NOT coalesce(CASE
       WHEN OLD.state IN (1, 3) AND NEW.state = 2
         THEN writes AND NEW.sent_by_id = me AND access.is_owner(NEW.child_id, NEW.team_id)
       WHEN OLD.state = 2 AND NEW.state IN (3, 4) THEN decides
       WHEN OLD.state = 4 AND NEW.state = 5 THEN supervises AND access.holds(NEW.child_id, 1006)
     END, false) THEN
    RAISE EXCEPTION 'this step of the care plan is not this person''s to take' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- What a version says stays as it was sent and agreed: its goals are written while it is a draft or changes are asked.
CREATE FUNCTION access.goal_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  IF NOT EXISTS (SELECT FROM public.victims_careplan p
       WHERE p.id = NEW.plan_id AND p.child_id = NEW.child_id AND p.state IN (1, 3))
     OR (TG_OP = 'UPDATE'
         AND (NEW.child_id, NEW.plan_id, NEW.continues_id) IS DISTINCT FROM (OLD.child_id, OLD.plan_id, OLD.continues_id)) THEN
    RAISE EXCEPTION 'goals are written before their plan is sent' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Is this the goal that an action may stand under: of the same file, in its newest version, while nobody decides on it?
CREATE FUNCTION access.takes_action(file uuid, goal uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.victims_goal g JOIN public.victims_careplan p ON p.id = g.plan_id
    WHERE g.id = goal AND g.child_id = file AND p.state IN (1, 3, 4)
      AND NOT EXISTS (SELECT FROM public.victims_careplan o WHERE o.child_id = file AND o.number > p.number));
END $$;

-- Is the team one's own, or one on the file: its team, or one of its people, holds accepted access?
CREATE FUNCTION access.may_be_asked(file uuid, team uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.holds(file, 1015) AND (team = ANY (access.teams()) OR EXISTS (SELECT FROM public.access_grant g
    WHERE g.child_id = file AND g.accepted IS NOT NULL AND access.stands(g.id)
      AND (g.team_id = team OR g.person_id IN (SELECT m.person_id FROM public.accounts_membership m
        WHERE m.team_id = team AND m.until IS NULL))));
END $$;

-- An action begins open, with a task of its own team, which is a team on the file or the asker's. What was asked of whom
-- stays; a review takes it along under the goal that goes on. How far it is and what came of it says its team alone, as it
-- happens; whoever may change CARE may cancel it.
CREATE FUNCTION access.action_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  told text[] := '{state,result,ended,goal_id,goal_title,version}';
  writes boolean;
BEGIN
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF (NEW.state, NEW.result, NEW.version) <> (1, '', 1) OR NOT access.takes_action(NEW.child_id, NEW.goal_id)
       OR NOT EXISTS (SELECT FROM public.casework_task t WHERE t.id = NEW.task_id AND t.kind = 'plan_action'
         AND t.child_id = NEW.child_id AND t.team_id = NEW.team_id)
       OR NOT access.may_be_asked(NEW.child_id, NEW.team_id) THEN
      RAISE EXCEPTION 'an action begins open, as a task of a team on the file' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  writes := access.holds(NEW.child_id, 1015);
  IF to_jsonb(NEW) - told <> to_jsonb(OLD) - told
     OR (NEW.goal_id <> OLD.goal_id AND NOT (writes AND access.takes_action(NEW.child_id, NEW.goal_id)
       AND EXISTS (SELECT FROM public.victims_goal g WHERE g.id = NEW.goal_id AND g.continues_id = OLD.goal_id)))
     OR (NEW.goal_title <> OLD.goal_title AND NOT writes) THEN
    RAISE EXCEPTION 'what is planned stays as it was asked' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.state, NEW.result, NEW.ended) IS DISTINCT FROM (OLD.state, OLD.result, OLD.ended)
     AND (OLD.ended IS NOT NULL OR NEW.ended <> public.app_now() OR (NEW.state = 1 AND OLD.state <> 1)
       OR NOT ((OLD.team_id = ANY (access.teams()) AND access.works_with_files()) OR (writes AND NEW.state = 6))) THEN
    RAISE EXCEPTION 'only its team says what came of an action, once and as it happens'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Assessments and contacts are recorded once, and not before their day has begun somewhere: what was wrong is recorded anew.
CREATE FUNCTION access.recorded_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'what was recorded stays as it was recorded' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW."on" > (public.app_now() AT TIME ZONE 'UTC')::date + 1 THEN
    RAISE EXCEPTION 'what is recorded has happened' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- An assessment has a score at least, each from 1 to 4, with its reasons for 1 and 2.
CREATE FUNCTION access.scores_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NOT NULL AND (NEW.scores = '{}' OR EXISTS (SELECT FROM jsonb_each(NEW.scores) AS s (domain, given)
       WHERE coalesce(s.given ->> 'score', '') NOT IN ('1', '2', '3', '4')
         OR (s.given ->> 'score' IN ('1', '2') AND coalesce(s.given ->> 'why', '') = ''))) THEN
    RAISE EXCEPTION 'a score is from 1 to 4, and says why for 1 and 2' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
