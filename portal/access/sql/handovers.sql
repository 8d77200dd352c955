-- Hand-overs: what a query under the application's role cannot do to them. A signature needs the key of the application,
-- which asks for a fresh code before it shows it: nobody signs by a query, not even for himself.

-- Whether access comes with a hand-over that nobody has signed for: nobody accepts it before that.
CREATE FUNCTION access.waits_for_signature(offer uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.referrals_handover h WHERE h.grant_id = offer AND h.state <> 3);
END $$;

-- What a hand-over offers ends with that hand-over. Asked at the end, because the offer ends first.
CREATE FUNCTION access.offer_ends_with_hand_over() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM public.referrals_handover h WHERE h.grant_id = NEW.id AND h.state IN (1, 2)) THEN
    RAISE EXCEPTION 'access that comes with a hand-over ends with that hand-over' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

-- Whether the child of a file changes hands right now, for whoever holds a section: until then the file stays where it is.
CREATE FUNCTION access.changes_hands(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.referrals_handover h WHERE h.child_id = file AND h.state IN (1, 2))
    AND EXISTS (SELECT FROM generate_series(1001, 1009) AS p WHERE access.holds(file, p));
END $$;

-- Whether the person may change some section of the file: who signs a child away could also write what is said of it.
CREATE FUNCTION access.changes_file(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM generate_series(1010, 1018) AS p WHERE access.holds(file, p));
END $$;

-- Marks this transaction as one in which the person has just shown a second factor. Like the mark of a sign-in, it is
-- worked out from what the application cannot read, and holds for this transaction alone.
CREATE FUNCTION access.signature_mark() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN encode(sha256(convert_to(access.sign_in_mark() || ' signs ' || access.person(), 'UTF8')), 'hex');
END $$;

CREATE FUNCTION access.begin_signature(proof text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  PERFORM set_config('safe.signature', access.signature_mark(), true);
END $$;

CREATE FUNCTION access.is_signing() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce(current_setting('safe.signature', true) = access.signature_mark(), false);
END $$;

-- Whether every thing that goes along has been answered by who gives, or by who receives.
CREATE FUNCTION access.all_ticked(which uuid, by_receiver boolean) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN NOT EXISTS (SELECT FROM public.referrals_handoveritem i WHERE i.hand_over_id = which
    AND i.kind <> 'stays_behind' AND CASE WHEN by_receiver THEN i.received ELSE i.given END IS NULL);
END $$;

-- The team that owns the file begins, tells how the child is, signs and calls off; the other team signs or does not
-- receive. Whoever signs does so now, in his own name, with a fresh code, and once everything is answered. A hand-over
-- that is not received or called off ends with the access that it made, and with no other.
CREATE FUNCTION access.hand_over_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  at timestamptz := public.app_now();
  works boolean := access.works_with_files();
  gives boolean := works AND NEW.from_team_id = ANY (access.teams());
  takes boolean := works AND NEW.to_team_id = ANY (access.teams());
  told text[] := '{version,how,keeps}';
  signed text[] := '{version,state,giver_id,given,kept_id}';
  finished text[] := '{version,state,receiver_id,received,number}';
  stopped text[] := '{version,state,ended,ended_by_id,end_reason}';
  step text;
  is_over boolean := (NEW.ended_by_id, NEW.ended) = (me, at) AND NOT EXISTS (SELECT FROM public.access_grant g
    WHERE g.id IN (NEW.grant_id, NEW.kept_id) AND g.ended IS NULL AND g.until > at);
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 1 AND gives AND NEW.started_by_id = me AND NEW.started = at AND NEW.kept_id IS NULL AND EXISTS (
         SELECT FROM public.victims_child c JOIN public.access_grant g ON g.child_id = c.id
          WHERE c.id = NEW.child_id AND c.owner_id = NEW.from_team_id
            AND (c.case_number, c.code_name) = (NEW.case_number, NEW.code_name) AND g.id = NEW.grant_id AND g.basis = 'hand_over'
            AND g.team_id = NEW.to_team_id AND g.given_by_id = me AND g.accepted IS NULL AND g.ended IS NULL) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a hand-over is begun by the team that owns the file' USING ERRCODE = 'insufficient_privilege';
  END IF;
  step := OLD.state || '-' || NEW.state;
  IF step = '1-1' AND gives AND to_jsonb(NEW) - told = to_jsonb(OLD) - told THEN RETURN NEW; END IF;
  IF step IN ('1-4', '2-4') AND takes AND is_over AND to_jsonb(NEW) - stopped = to_jsonb(OLD) - stopped THEN RETURN NEW; END IF;
  IF step IN ('1-5', '2-5') AND gives AND is_over AND to_jsonb(NEW) - stopped = to_jsonb(OLD) - stopped THEN RETURN NEW; END IF;
  IF NOT access.is_signing() OR NOT EXISTS (SELECT FROM public.victims_child c
       WHERE c.id = NEW.child_id AND c.owner_id = NEW.from_team_id) THEN
    RAISE EXCEPTION 'a hand-over is signed with a fresh code, while the file is still its owner''s'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF step = '1-2' AND gives AND access.changes_file(NEW.child_id) AND (NEW.giver_id, NEW.given) = (me, at) AND access.all_ticked(NEW.id, false)
     AND (NEW.kept_id IS NULL OR (NEW.keeps AND EXISTS (SELECT FROM public.access_grant g WHERE g.id = NEW.kept_id
       AND g.child_id = NEW.child_id AND g.team_id = NEW.from_team_id AND g.given_by_id = me AND g.begins = at
       AND g.basis = 'assignment')))
     AND to_jsonb(NEW) - signed = to_jsonb(OLD) - signed THEN RETURN NEW; END IF;
  IF step = '2-3' AND takes AND (NEW.receiver_id, NEW.received) = (me, at) AND me <> OLD.giver_id
     AND access.all_ticked(NEW.id, true) AND to_jsonb(NEW) - finished = to_jsonb(OLD) - finished THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'this step of the hand-over is not this person''s to take' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Each side answers in its own column: who gives until that side has signed, who receives until the hand-over is finished.
-- A new answer of who gives takes away what the other side answered; its words are not rewritten.
CREATE FUNCTION access.hand_over_item_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  whole record;
  gives boolean;
  takes boolean;
BEGIN
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  SELECT h.child_id, h.state, h.from_team_id, h.to_team_id INTO whole FROM public.referrals_handover h WHERE h.id = NEW.hand_over_id;
  gives := whole.state = 1 AND whole.from_team_id = ANY (access.teams()) AND access.works_with_files();
  takes := whole.state IN (1, 2) AND whole.to_team_id = ANY (access.teams()) AND access.works_with_files();
  IF TG_OP = 'INSERT' THEN
    IF gives AND NEW.child_id = whole.child_id AND NEW.received IS NULL THEN RETURN NEW; END IF;
  ELSIF gives AND to_jsonb(NEW) - '{version,words,given,received,difference}'::text[]
               = to_jsonb(OLD) - '{version,words,given,received,difference}'::text[]
        AND ((NEW.received, NEW.difference) IS NOT DISTINCT FROM (OLD.received, OLD.difference)
             OR (NEW.received IS NULL AND NEW.difference = '')) THEN RETURN NEW;
  ELSIF takes AND to_jsonb(NEW) - '{version,received,difference}'::text[]
               = to_jsonb(OLD) - '{version,received,difference}'::text[] THEN RETURN NEW;
  END IF;
  RAISE EXCEPTION 'this side of the list is not this person''s to tick' USING ERRCODE = 'insufficient_privilege';
END $$;
