-- Sealed files and declared relations: what a query under the application's role cannot do to them, and what follows.

-- Is the file sealed, and the person none of its custodians? Asked of one file: a list of them would tell that they exist.
CREATE FUNCTION access.sealed_away(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  keepers uuid[] := (SELECT s.custodians FROM public.access_seal s
    WHERE s.child_id = file AND s.sealed IS NOT NULL AND s.ended IS NULL);
BEGIN
  RETURN keepers IS NOT NULL AND NOT coalesce(access.person() = ANY (keepers), false);
END $$;

-- The seal that holds on a file, for whoever may change a part of it.
CREATE FUNCTION access.is_sealed(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.changes_file(file) AND EXISTS (SELECT FROM public.access_seal s
    WHERE s.child_id = file AND s.sealed IS NOT NULL AND s.ended IS NULL);
END $$;

-- Who decides on a seal: people who work with files, and privacy officers.
CREATE FUNCTION access.decides_seals() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.works_with_files() OR access.has_role('{privacy_officer}');
END $$;

-- Leaves only custodians' rows of a sealed file, by name: what the team that owns it holds, beside what each was given.
CREATE FUNCTION access.project_seal(file uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  keepers uuid[] := (SELECT s.custodians FROM public.access_seal s
    WHERE s.child_id = file AND s.sealed IS NOT NULL AND s.ended IS NULL);
BEGIN
  IF keepers IS NULL THEN RETURN; END IF;
  DELETE FROM public.access_childuserpermission u WHERE u.content_object_id = file
    AND (u.user_id <> ALL (keepers) OR EXISTS (SELECT FROM public.access_childgrouppermission r
      JOIN public.access_grant g ON g.id = r.grant_id AND g.basis = 'ownership'
      WHERE r.content_object_id = file AND r.permission_id = u.permission_id AND r.stage = u.stage));
  INSERT INTO public.access_childuserpermission (content_object_id, user_id, permission_id, grant_id, valid_until, stage)
  SELECT file, p.id, r.permission_id, r.grant_id, r.valid_until, r.stage
    FROM public.access_childgrouppermission r
    JOIN public.access_grant g ON g.id = r.grant_id AND g.basis = 'ownership'
    JOIN public.accounts_person p ON p.id = ANY (keepers)
   WHERE r.content_object_id = file;
  DELETE FROM public.access_childgrouppermission WHERE content_object_id = file;
  PERFORM access.set_open(file, false);
END $$;

-- Opens a file to the network, or closes it, with its history row: the person whose decision it follows may not hold the file.
CREATE FUNCTION access.set_open(file uuid, wanted boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.victims_child SET open_to_network = wanted, version = version + 1 WHERE id = file AND open_to_network <> wanted;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM access.note_history('victims_child', ARRAY[file], '~', '');
  PERFORM access.note_event('change', 'U', file, 'victims.child', file, '', '');
END $$;

-- Was it approved in this transaction, by whoever acts?
CREATE FUNCTION access.approved_now(about uuid, file uuid, kinds varchar[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.casework_approval a WHERE a.subject_id = about AND a.child_id = file
    AND a.kind = ANY (kinds) AND a.state = 2 AND a.decided_by_id = access.person() AND a.decided = public.app_now());
END $$;

-- Was it refused in this transaction, by whoever acts, or taken back by whoever asked?
CREATE FUNCTION access.dropped_now(about uuid, file uuid, kinds varchar[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.casework_approval a WHERE a.subject_id = about AND a.child_id = file
    AND a.kind = ANY (kinds) AND a.decided = public.app_now()
    AND CASE a.state WHEN 4 THEN a.decided_by_id WHEN 5 THEN a.asked_by_id END = access.person());
END $$;

-- Does a question about the end of a seal wait for an answer? For its custodians, who do not read one another's.
CREATE FUNCTION access.is_end_asked(seal uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_seal s JOIN public.casework_approval a ON a.subject_id = s.id AND a.kind = 'unseal' AND a.state = 1
    WHERE s.id = seal AND access.person() = ANY (s.custodians));
END $$;

-- The custodians of a seal who can still do something about it: account and agency are active, they work with files, and no
-- relation keeps them from the child.
CREATE FUNCTION access.custodians_left(seal public.access_seal) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT p.id FROM public.accounts_person p JOIN public.accounts_agency a ON a.id = p.agency_id AND a.is_active
    WHERE p.id = ANY (seal.custodians) AND p.is_active AND access.is_caseworker(p.id)
      AND NOT access.is_related(p.id, seal.child_id));
END $$;

-- Who names new custodians where none is left: the first in line of those who answer for the file.
CREATE FUNCTION access.heirs_of(seal public.access_seal) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF seal.sealed IS NULL OR seal.ended IS NOT NULL OR cardinality(access.custodians_left(seal)) > 0 THEN RETURN '{}'; END IF;
  RETURN ARRAY(SELECT r.id FROM (SELECT k.id, k.rank, min(k.rank) OVER () AS first
    FROM public.victims_child c CROSS JOIN LATERAL access.in_charge(c.owner_id, c.id) k WHERE c.id = seal.child_id) r WHERE r.rank = r.first);
END $$;

-- The seals for which the person in hand names new custodians, while nobody has asked for any: which team owns the file and
-- since when it is sealed. Of the file the id alone.
CREATE FUNCTION access.seals_left_alone() RETURNS TABLE (seal_id uuid, child_id uuid, owner_id uuid, sealed timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT s.id, s.child_id, c.owner_id, s.sealed FROM public.access_seal s
    JOIN public.victims_child c ON c.id = s.child_id JOIN public.accounts_team t ON t.id = c.owner_id
   WHERE s.sealed IS NOT NULL AND s.ended IS NULL AND t.agency_id = access.agency() AND access.person() = ANY (access.heirs_of(s))
     AND NOT EXISTS (SELECT FROM public.casework_approval a WHERE a.child_id = s.child_id AND a.kind = 'custodians' AND a.state = 1)
   ORDER BY s.sealed, s.id;
END $$;

CREATE FUNCTION access.inherits_seal(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM access.seals_left_alone() s WHERE s.child_id = file);
END $$;

-- Tells, each once and by reference alone, those who name new custodians that none is left, and the last one to stay so.
CREATE FUNCTION access.tell_of_custodians() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  made uuid[];
BEGIN
  WITH told AS (
    SELECT s.id, w.kind, w.person_id FROM public.access_seal s CROSS JOIN LATERAL (
      SELECT 'seal_left_alone' AS kind, unnest(access.heirs_of(s)) AS person_id
      UNION ALL SELECT 'custodian_alone', l.left_ones[1] FROM (SELECT access.custodians_left(s) AS left_ones) l
       WHERE cardinality(l.left_ones) = 1) w
     WHERE s.sealed IS NOT NULL AND s.ended IS NULL
  ), inserted AS (
    INSERT INTO public.casework_notice (id, version, person_id, level, kind, words, subject_id, made)
    SELECT uuidv7(), 1, t.person_id, 2, t.kind, '{}', t.id, public.app_now() FROM told t
     WHERE NOT EXISTS (SELECT FROM public.casework_notice n
       WHERE n.person_id = t.person_id AND n.subject_id = t.id AND n.kind = t.kind)
    RETURNING id)
  SELECT array_agg(id) INTO made FROM inserted;
  PERFORM access.note_history('casework_notice', made, '+', '');
  RETURN coalesce(cardinality(made), 0);
END $$;

-- May the person ask for this seal? Of an open file somebody who works as its owner; of a sealed one a custodian, or whoever
-- names new ones where none is left. At least
-- two custodians with open accounts, and one of them in the team that owns the file: somebody must be able to go on.
CREATE FUNCTION access.may_ask_seal(file uuid, keepers uuid[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  owner uuid := (SELECT c.owner_id FROM public.victims_child c WHERE c.id = file);
BEGIN
  RETURN ((access.changes_file(file) AND (owner = ANY (access.teams()) OR access.is_sealed(file))) OR access.inherits_seal(file))
    AND cardinality(keepers) >= 2
    AND cardinality(keepers) = (SELECT count(*) FROM public.accounts_person p WHERE p.id = ANY (keepers) AND p.is_active)
    AND EXISTS (SELECT FROM public.accounts_membership m WHERE m.team_id = owner AND m.person_id = ANY (keepers)
      AND m.since <= public.app_now() AND (m.until IS NULL OR m.until > public.app_now()));
END $$;

-- A seal is asked for in one's own name; it holds, is refused, is replaced by another one or ends by the decision of a
-- second person, in the transaction of that decision; whoever asked drops it by taking the question back. What it says stays.
CREATE FUNCTION access.seal_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  at timestamptz := public.app_now();
  free text[] := '{version,sealed,ended,open_reason}';
  sealing varchar[] := '{seal,custodians}';
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.asked_by_id = me AND num_nonnulls(NEW.sealed, NEW.ended) = 0 AND NEW.open_reason = '' AND NEW.reason <> ''
       AND access.may_ask_seal(NEW.child_id, NEW.custodians) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a seal is asked for by who works as the owner' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_jsonb(NEW) - free = to_jsonb(OLD) - free AND OLD.ended IS NULL THEN
    IF OLD.sealed IS NULL AND NEW.open_reason = '' AND (
         (NEW.sealed = at AND NEW.ended IS NULL AND access.approved_now(NEW.id, NEW.child_id, sealing))
         OR (NEW.sealed IS NULL AND NEW.ended = at AND access.dropped_now(NEW.id, NEW.child_id, sealing))) THEN RETURN NEW; END IF;
    IF OLD.sealed IS NOT NULL AND NEW.sealed = OLD.sealed AND (
         (NEW.ended IS NULL AND NOT access.is_end_asked(OLD.id) AND NEW.open_reason <> '' AND me = ANY (OLD.custodians) AND access.changes_file(OLD.child_id))
         OR (NEW.ended IS NULL AND NEW.open_reason = '' AND access.dropped_now(NEW.id, NEW.child_id, '{unseal}'))
         OR (NEW.ended = at AND NEW.open_reason = OLD.open_reason AND (access.approved_now(NEW.id, NEW.child_id, '{unseal}')
           OR EXISTS (SELECT FROM public.access_seal n WHERE n.child_id = OLD.child_id AND n.sealed IS NULL AND n.ended IS NULL
             AND access.approved_now(n.id, n.child_id, '{custodians}'))))) THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'a second person, of another team, decides on a seal' USING ERRCODE = 'insufficient_privilege';
END $$;

-- The rows of a file follow its seal at once. A file that is unsealed is open to the network again where it would be.
CREATE FUNCTION access.seal_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF (NEW.sealed, NEW.ended) IS NOT DISTINCT FROM (OLD.sealed, OLD.ended) THEN RETURN NULL; END IF;
  PERFORM access.project_files(ARRAY[NEW.child_id]);
  IF OLD.sealed IS NOT NULL AND NEW.ended IS NOT NULL AND access.approved_now(NEW.id, NEW.child_id, '{unseal}') THEN
    PERFORM access.set_open(c.id, true) FROM public.victims_child c
     WHERE c.id = NEW.child_id AND c.stage = 1 AND c.identity IN (1, 2) AND NOT EXISTS (
       SELECT FROM public.victims_childseries l JOIN public.victims_series s ON s.id = l.series_id
        WHERE l.child_id = c.id AND l.ended IS NULL AND NOT s.is_network);
  END IF;
  RETURN NULL;
END $$;

-- What a second person reads who is asked about a seal: number and code name, what is asked for and why, and who would be
-- the custodians. Nothing else of the file.
CREATE FUNCTION access.asked_seal(which uuid)
RETURNS TABLE (seal_id uuid, case_number varchar, code_name varchar, reason varchar, custodians uuid[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT s.id, c.case_number, c.code_name, CASE a.kind WHEN 'unseal' THEN s.open_reason ELSE s.reason END, s.custodians
    FROM public.casework_approval a JOIN public.access_seal s ON s.id = a.subject_id AND s.child_id = a.child_id
    JOIN public.victims_child c ON c.id = s.child_id
   WHERE a.id = which AND a.kind IN ('seal', 'custodians', 'unseal') AND access.may_answer(a.id);
END $$;

-- An id like that of a file, the same for the same number, which nobody can work out who does not know the opening key. Its
-- moment lies between the first file and the declaration, as that of a file would.
CREATE FUNCTION access.stand_in(number varchar, declared timestamptz) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  made text := encode(sha256((SELECT min(k.digest) FROM public.access_openingkey k) || convert_to(number, 'UTF8')), 'hex');
  since numeric := coalesce((SELECT floor(extract(epoch FROM uuid_extract_timestamp(c.id)) * 1000)
    FROM public.victims_child c ORDER BY c.id LIMIT 1), 0);
  span numeric := greatest(floor(extract(epoch FROM declared) * 1000) - since, 1);
  moment bigint := since + mod(('x' || substr(made, 33, 13))::bit(52)::bigint, span);
BEGIN
  RETURN (lpad(to_hex(moment), 12, '0') || '7' || substr(made, 1, 3) || to_hex(8 + get_byte(decode(made, 'hex'), 31) % 4)
    || substr(made, 4, 15))::uuid;
END $$;

-- Has somebody a relation on record to the child of a file?
CREATE FUNCTION access.is_related(who uuid, file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_conflictofinterest x JOIN public.victims_child c ON c.case_number = x.number
    WHERE x.person_id = who AND c.id = file AND x.ended IS NULL);
END $$;

-- Is somebody kept apart from a file, by a seal or by a relation on record? For functions that tell others of it.
CREATE FUNCTION access.is_kept_apart(who uuid, file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.is_related(who, file) OR EXISTS (SELECT FROM public.access_seal s
    WHERE s.child_id = file AND s.sealed IS NOT NULL AND s.ended IS NULL AND who <> ALL (s.custodians));
END $$;

-- Has this person recorded a relation between somebody and the child of a file?
CREATE FUNCTION access.named_by_me(who uuid, file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_conflictofinterest x JOIN public.victims_child c ON c.case_number = x.number
    WHERE x.person_id = who AND c.id = file AND x.ended IS NULL AND x.recorded_by_id = access.person());
END $$;

-- May the person record a relation of somebody else? On a file that the person sees: who works as its owner of anybody, a
-- supervisor of a colleague in the team, a privacy officer of a colleague in the agency.
CREATE FUNCTION access.may_name(who uuid, number varchar) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  file uuid;
  owner uuid;
BEGIN
  SELECT c.id, c.owner_id INTO file, owner FROM public.victims_child c WHERE c.case_number = number;
  IF file IS NULL OR NOT EXISTS (SELECT FROM generate_series(1001, 1009) AS p WHERE access.holds(file, p)) THEN RETURN false; END IF;
  RETURN (owner = ANY (access.teams()) AND access.changes_file(file))
    OR (access.has_role('{supervisor}') AND access.shares_team(who))
    OR (access.has_role('{privacy_officer}') AND EXISTS (SELECT FROM public.accounts_person p
      WHERE p.id = who AND p.agency_id = access.agency()));
END $$;

-- A relation is declared now and in one's own name: of oneself with any number, of somebody else on a file that is open. It
-- ends by a privacy officer of the person's agency, who is neither the person nor whoever recorded it.
CREATE FUNCTION access.conflict_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  free text[] := '{version,ended,ended_by_id,end_reason}';
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.recorded_by_id = me AND NEW.recorded = public.app_now() AND NEW.ended IS NULL
       AND (NEW.person_id = me OR access.may_name(NEW.person_id, NEW.number)) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'this relation is not this person''s to record' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free OR OLD.ended IS NOT NULL OR NEW.ended IS DISTINCT FROM public.app_now()
     OR NEW.ended_by_id IS DISTINCT FROM me OR me IN (OLD.person_id, OLD.recorded_by_id) OR NOT access.has_role('{privacy_officer}')
     OR NOT EXISTS (SELECT FROM public.accounts_person p WHERE p.id = OLD.person_id AND p.agency_id = access.agency()) THEN
    RAISE EXCEPTION 'a relation is ended by a privacy officer, a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- The open tasks that somebody has on the file of a number: one's own, or those of whom one may record a relation.
CREATE FUNCTION access.tasks_about(number varchar, who uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT t.id FROM public.casework_task t JOIN public.victims_child c ON c.id = t.child_id
    WHERE t.person_id = who AND t.state = 1 AND c.case_number = number
      AND (who = access.person() OR access.may_name(who, number));
END $$;
