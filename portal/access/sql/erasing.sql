-- Erasing: what two people decided about a file goes, for good and everywhere; what is held as evidence stays; what stays
-- of an erased part is that there were records, when they were written and by whom (docs/decisions/0048).

-- Marks this transaction as one in which functions of guard erase: guards of rows and of history let them pass, and nobody
-- else. Worked out from what the application cannot read, as the mark of a sign-in is, and not from that: it sees that one.
CREATE FUNCTION access.erasing_mark() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT encode(sha256(digest || convert_to('erases ' || pg_backend_pid() || ' ' || extract(epoch FROM now()), 'UTF8')), 'hex')
            FROM public.access_openingkey);
END $$;

CREATE FUNCTION access.is_erasing() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce(current_setting('safe.erasing', true) = access.erasing_mark(), false);
END $$;

-- The parts of a file that this person may propose to erase: all of them for a privacy officer of the agency that owns it;
-- those held by a supervisor of its team. What is gone already is gone. Of a sealed file nothing: it is unsealed first.
CREATE FUNCTION access.erasable_parts(file uuid) RETURNS smallint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  found varchar := access.oversees(file);
  gone smallint[] := (SELECT c.erased FROM public.victims_child c WHERE c.id = file);
BEGIN
  IF found IS NULL OR found = 'auditor' OR (found = 'owner' AND NOT access.has_role('{supervisor}'))
     OR EXISTS (SELECT FROM public.access_seal s WHERE s.child_id = file AND s.sealed IS NOT NULL AND s.ended IS NULL) THEN
    RETURN '{}';
  END IF;
  RETURN ARRAY(SELECT p FROM unnest(access.overseen_parts(file)) AS p WHERE p > 0 AND p <> ALL (gone) ORDER BY p);
END $$;

-- Could whoever proposed an erasure still propose it? A file that has gone to another agency since is that one's to decide on,
-- and what somebody proposed who may no longer counts no more: also who has ended a hold on it for others since.
CREATE FUNCTION access.could_propose(file uuid, asker uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.victims_child c JOIN public.accounts_team t ON t.id = c.owner_id
    JOIN public.accounts_person p ON p.id = asker AND p.is_active AND p.agency_id = t.agency_id
   WHERE c.id = file AND NOT access.is_kept_apart(asker, file) AND NOT access.ended_for_others(asker, file)
     AND ('privacy_officer' = ANY (p.roles)
     OR ('supervisor' = ANY (p.roles) AND EXISTS (SELECT FROM public.accounts_membership m
       WHERE m.person_id = asker AND m.team_id = c.owner_id AND tstzrange(m.since, m.until) @> public.app_now()))));
END $$;

-- The question about an erasure of a file that waits for an answer; nothing where none does.
CREATE FUNCTION access.erasure_asked(file uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT a.id FROM public.casework_approval a WHERE a.child_id = file AND a.kind = 'erasure' AND a.state = 1
    AND access.could_propose(file, a.asked_by_id) ORDER BY a.asked DESC LIMIT 1);
END $$;

-- Is there somebody in a team who could decide on what this person proposes, and is in none of the asker's teams?
CREATE FUNCTION access.decides_erasures(which uuid, asker uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.accounts_membership m JOIN public.accounts_person p ON p.id = m.person_id AND p.is_active
     AND p.id <> asker AND p.roles && '{supervisor,privacy_officer}' JOIN public.accounts_agency a ON a.id = p.agency_id AND a.is_active
   WHERE m.team_id = which AND tstzrange(m.since, m.until) @> public.app_now() AND NOT EXISTS (SELECT FROM public.accounts_membership o
     JOIN public.accounts_membership s ON s.team_id = o.team_id AND s.person_id = asker AND tstzrange(s.since, s.until) @> public.app_now()
    WHERE o.person_id = p.id AND tstzrange(o.since, o.until) @> public.app_now()));
END $$;

-- May an erasure be put before a team? To one of another agency only where none of the asker's own could decide.
CREATE FUNCTION access.may_ask_to_erase(which uuid, asker uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  home uuid := (SELECT p.agency_id FROM public.accounts_person p WHERE p.id = asker);
BEGIN
  RETURN access.decides_erasures(which, asker) AND (EXISTS (SELECT FROM public.accounts_team t WHERE t.id = which AND t.agency_id = home)
    OR NOT EXISTS (SELECT FROM public.accounts_team t WHERE t.agency_id = home AND access.decides_erasures(t.id, asker)));
END $$;

-- Who reads what was decided about erasing a file: whoever oversees it.
CREATE FUNCTION access.reads_erasures(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.oversees(file) IS NOT NULL;
END $$;

-- How many records, notes and documents there are in each part that the person may propose to erase.
CREATE FUNCTION access.counted_parts(file uuid) RETURNS TABLE (section smallint, records bigint, documents bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  arms text;
BEGIN
  SELECT string_agg(format('SELECT (%s)::smallint AS n FROM public.%I r WHERE r.%I = $1', t.part, t.source, t.owner_column), ' UNION ALL ')
    INTO arms FROM access.erased_tables() t
   WHERE t.source NOT IN ('victims_child', 'casework_notice', 'casework_approval', 'access_grant', 'access_seal', 'casework_attachment');
  RETURN QUERY EXECUTE 'SELECT p, (SELECT count(*) FROM (' || arms || ') x WHERE x.n = p),
      (SELECT count(*) FROM public.casework_attachment a WHERE a.child_id = $1 AND a.section = p) FROM unnest($2) AS p ORDER BY p'
    USING file, access.erasable_parts(file);
END $$;

-- What still goes on around a child, and has to end before a part, or the whole file, is erased. Nothing where nothing hinders.
CREATE FUNCTION access.kept_from_erasure(file uuid, whole boolean) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN CASE
    WHEN EXISTS (SELECT FROM public.access_seal s WHERE s.child_id = file AND s.sealed IS NOT NULL AND s.ended IS NULL) THEN 'sealed'
    WHEN EXISTS (SELECT FROM public.referrals_handover h WHERE h.child_id = file AND h.state IN (1, 2)) THEN 'hand_over'
    -- Of one that whoever asked for it can neither give nor take back any more nothing is left to wait for.
    WHEN EXISTS (SELECT FROM public.victims_disclosure d JOIN public.victims_child c ON c.id = d.child_id
        JOIN public.accounts_team t ON t.id = c.owner_id JOIN public.accounts_person p ON p.id = d.asked_by_id AND p.is_active
          AND p.agency_id = t.agency_id WHERE d.child_id = file AND d.state IN (1, 4)) THEN 'disclosure'
    WHEN access.ended_for_others(access.person(), file) THEN 'ended_hold'
    WHEN NOT whole THEN NULL
    WHEN EXISTS (SELECT FROM public.referrals_referral r WHERE r.child_id = file AND r.state IN (2, 3, 4, 5, 7)
      AND r.until > public.app_now()) THEN 'referral'
    WHEN EXISTS (SELECT FROM public.shelters_placement p WHERE p.child_id = file AND p.state IN (1, 2)
      AND (upper_inf(p.during) OR upper(p.during) > public.app_now())) THEN 'bed'
    WHEN EXISTS (SELECT FROM public.access_emergency e WHERE e.child_id = file AND e.reviewed IS NULL) THEN 'emergency' END;
END $$;

-- The same, for whoever proposes or decides.
CREATE FUNCTION access.hindrance_to_erasure(file uuid, whole boolean) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN CASE WHEN access.erasable_parts(file) <> '{}' OR EXISTS (SELECT FROM public.casework_approval a, access.asked_erasure(a.id) q
    WHERE a.child_id = file AND a.kind = 'erasure' AND a.state = 1) THEN access.kept_from_erasure(file, whole) END;
END $$;

-- An erasure is proposed in one's own name and now, by whoever may, for parts that are not held, one at a time. Only guard
-- carries it out.
CREATE FUNCTION access.erasure_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
BEGIN
  IF me IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' OR NEW.asked_by_id IS DISTINCT FROM me OR NEW.asked <> public.app_now() OR NEW.done IS NOT NULL
     OR NOT NEW.sections <@ access.erasable_parts(NEW.child_id) OR NEW.sections && access.held_parts(NEW.child_id)
     OR access.erasure_asked(NEW.child_id) IS NOT NULL OR access.ended_for_others(me, NEW.child_id) THEN
    RAISE EXCEPTION 'an erasure is proposed by a privacy officer, or a supervisor of the team, of what is not held as evidence'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Nothing is written into a part that was erased, and nothing more about a file of which nothing is left. What is new waits for an
-- erasure that is carried out right now; a change has waited for its row, and would wait in a ring for the file. Asked after the
-- wall: to whoever has nothing of the file the answer would tell that there is one.
CREATE FUNCTION access.not_into_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  file uuid := (to_jsonb(NEW) ->> 'child_id')::uuid;
  gone smallint[];
BEGIN
  IF TG_OP = 'INSERT' THEN PERFORM FROM public.victims_child c WHERE c.id = file FOR KEY SHARE; END IF;
  gone := (SELECT c.erased FROM public.victims_child c WHERE c.id = file);
  IF gone @> (CASE TG_ARGV[0] WHEN 'whole' THEN '{1,2,3,4,5,6,7,8,9}' WHEN 'section' THEN ARRAY[(to_jsonb(NEW) ->> 'section')::smallint]
       ELSE ARRAY[TG_ARGV[0]::smallint] END) THEN
    RAISE EXCEPTION 'this part of the file was erased' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- What a second person reads who is asked about an erasure: number, code name, parts, ground and reason, who asks.
CREATE FUNCTION access.asked_erasure(which uuid)
RETURNS TABLE (erasure_id uuid, case_number varchar, code_name varchar, sections smallint[], ground varchar, reason varchar,
               held smallint[], gone smallint[], is_whole boolean, owner_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT e.id, c.case_number, c.code_name, e.sections, e.ground, e.reason,
      ARRAY(SELECT s FROM unnest(access.held_parts(c.id)) AS s WHERE s = ANY (e.sections)), c.erased,
      c.erased || e.sections @> '{1,2,3,4,5,6,7,8,9}', c.owner_id
    FROM public.casework_approval a JOIN public.access_erasure e ON e.id = a.subject_id AND e.child_id = a.child_id
    JOIN public.victims_child c ON c.id = e.child_id
   WHERE a.id = which AND a.kind = 'erasure' AND access.may_answer(a.id);
END $$;

-- Whom of the file's team this person tells of an erasure that is carried out in this transaction: nobody who is kept apart. A page
-- that does not open would tell them that there is a file, and what became of it.
CREATE FUNCTION access.told_of_erasure(which uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT m.person_id FROM public.access_erasure e JOIN public.victims_child c ON c.id = e.child_id
    JOIN public.accounts_membership m ON m.team_id = c.owner_id AND tstzrange(m.since, m.until) @> public.app_now()
   WHERE e.id = which AND e.approved_by_id = access.person() AND e.done = public.app_now()
     AND NOT access.is_kept_apart(m.person_id, c.id));
END $$;

-- Carries out what the person in hand has approved in this transaction; returns nothing else than that it is done.
CREATE FUNCTION access.carry_out_erasure(which uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  asked public.access_erasure;
BEGIN
  SELECT e.* INTO asked FROM public.access_erasure e WHERE e.id = which;
  IF asked.id IS NULL OR asked.done IS NOT NULL OR NOT access.approved_now(which, asked.child_id, '{erasure}') THEN
    RAISE EXCEPTION 'an erasure is carried out by the approval of a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM access.erase(which, access.person());
END $$;

-- Erases again after a restore, as the list beside the backups says, whoever runs the portal; what is gone stays gone. Returns
-- whether anything was left to erase.
CREATE FUNCTION access.erase_again(file uuid, parts smallint[], which uuid, why varchar, asker uuid, approver uuid, at timestamptz)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.holder() IS NOT NULL OR NOT EXISTS (SELECT FROM public.victims_child c WHERE c.id = file AND NOT parts <@ c.erased) THEN
    RETURN false;
  END IF;
  IF NOT EXISTS (SELECT FROM public.access_erasure e WHERE e.id = which) THEN
    INSERT INTO public.access_erasure (id, version, child_id, sections, ground, reason, asked_by_id, asked)
    VALUES (which, 1, file, parts, why, 'again after a restore', (SELECT p.id FROM public.accounts_person p WHERE p.id = asker), at);
    PERFORM access.note_history('access_erasure', ARRAY[which], '+', 'again after a restore');
  END IF;
  PERFORM access.erase(which, (SELECT p.id FROM public.accounts_person p WHERE p.id = approver));
  RETURN true;
END $$;

-- The whole of it. The file is held meanwhile: nobody writes into it, and nothing of it is sealed.
CREATE FUNCTION access.erase(which uuid, approver uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  asked public.access_erasure;
  file uuid;
  whole boolean;
BEGIN
  SELECT e.* INTO asked FROM public.access_erasure e WHERE e.id = which FOR UPDATE;
  file := asked.child_id;
  PERFORM access.take_for_erasing(file, asked.sections);
  PERFORM pg_advisory_xact_lock(hashtext('audit.seal'));  -- last: sealing waits for nobody who writes
  IF access.holder() IS NOT NULL AND NOT coalesce(access.could_propose(file, asked.asked_by_id), false) THEN
    RAISE EXCEPTION 'whoever proposed it could not do so any more' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF access.holder() IS NOT NULL AND asked.sections && access.held_parts(file) THEN  -- after a restore it was decided before
    RAISE EXCEPTION 'a part is held as evidence' USING ERRCODE = 'insufficient_privilege';
  END IF;
  whole := (SELECT c.erased || asked.sections @> '{1,2,3,4,5,6,7,8,9}' FROM public.victims_child c WHERE c.id = file);
  IF access.holder() IS NOT NULL AND access.kept_from_erasure(file, whole) IS NOT NULL THEN
    RAISE EXCEPTION 'something still goes on around this child' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM set_config('safe.erasing', access.erasing_mark(), true);
  PERFORM access.erase_file(file, asked.sections, whole);
  PERFORM access.erase_records(file, asked.sections, whole);
  PERFORM access.erase_closed(file, asked.sections, whole, approver);
  UPDATE public.access_erasure SET done = public.app_now(), approved_by_id = approver, version = version + 1 WHERE id = which;
  PERFORM access.note_history('access_erasure', ARRAY[which], '~', '');
  PERFORM access.erase_history(file, asked.sections, whole, which);
  PERFORM access.erase_purposes(file, whole, which);
  PERFORM access.note_erased(file, asked.sections, whole, which);
  PERFORM set_config('safe.erasing', '', true);
END $$;

-- Takes the file and the records that are erased, all or none: whoever is writing one of them may still need the file to commit,
-- and each would wait for the other. So this one lets go, and tries again.
CREATE FUNCTION access.take_for_erasing(file uuid, parts smallint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  t record;
BEGIN
  FOR try IN 1..200 LOOP
    BEGIN
      PERFORM FROM public.victims_child c WHERE c.id = file FOR UPDATE;
      FOR t IN SELECT * FROM access.erased_tables() e WHERE e.source <> 'victims_child' LOOP
        EXECUTE format('SELECT FROM public.%I r WHERE r.child_id = $1 AND (%s)::smallint = ANY ($2) FOR UPDATE NOWAIT', t.source, t.part)
          USING file, parts;
      END LOOP;
      PERFORM FROM public.access_extract x WHERE x.files @> ARRAY[file] FOR UPDATE NOWAIT;
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      IF try = 200 THEN RAISE; END IF;
    END;
    PERFORM pg_sleep(0.05);
  END LOOP;
END $$;

-- Keys, contents and drafts go; the file says which parts are gone, so that no access opens them.
CREATE FUNCTION access.erase_file(file uuid, parts smallint[], whole boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM public.casework_sectionkey k WHERE k.child_id = file AND k.section = ANY (parts);  -- names and drafts follow
  DELETE FROM public.casework_attachmentcontent a WHERE a.child_id = file AND a.section = ANY (parts);
  DELETE FROM public.victims_disclosurecontent c USING public.victims_disclosure d
   WHERE d.id = c.disclosure_id AND d.child_id = file AND (d.parts && erase_file.parts OR 1::smallint = ANY (erase_file.parts));
  DELETE FROM public.victims_nametoken t WHERE t.child_id = file AND 2::smallint = ANY (parts);
  DELETE FROM public.casework_draft d WHERE d.child_id = file AND (whole OR d.section = ANY (parts));
  -- The receipt of a hand-over names no section, shows what was written of it, and is sealed under a key that stays.
  UPDATE public.casework_document d SET data = NULL, digest = '' WHERE d.child_id = file
     AND (whole OR d.sections && parts OR (d.kind = 'receipt' AND 6::smallint = ANY (parts)));
  EXECUTE format('UPDATE public.victims_child c SET version = version + 1,
      erased = ARRAY(SELECT DISTINCT s FROM unnest(c.erased || $2) AS s ORDER BY s),
      open_to_network = open_to_network AND NOT $3 AND NOT $2 && ''{1,8}'', %s WHERE c.id = $1',
    (SELECT CASE WHEN 1::smallint = ANY (parts) THEN access.emptied(t.source, t.kept, t.special) ELSE 'id = id' END
       FROM access.erased_tables() t WHERE t.source = 'victims_child')) USING file, parts, whole;
  PERFORM access.note_history('victims_child', ARRAY[file], '~', '');
END $$;

-- Empties the records as they stand, each with its new version.
CREATE FUNCTION access.erase_records(file uuid, parts smallint[], whole boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  t record;
  found uuid[];
BEGIN
  FOR t IN SELECT * FROM access.erased_tables() e WHERE e.source <> 'victims_child' LOOP
    EXECUTE format('SELECT array_agg(r.id) FROM public.%I r WHERE r.child_id = $1 AND (%s)::smallint = ANY ($2)', t.source, t.part)
      INTO found USING file, parts;
    CONTINUE WHEN found IS NULL;
    EXECUTE format('UPDATE public.%I r SET version = r.version + 1, %s WHERE r.id = ANY ($1)', t.source,
                   access.emptied(t.source, t.kept, t.special)) USING found;
    PERFORM access.note_history(t.source, found, '~', '');
  END LOOP;
END $$;

-- What sets every column empty in which somebody may have typed, or which names a choice: all of them but those named as kept.
CREATE FUNCTION access.emptied(source varchar, kept varchar[], special text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN concat_ws(', ', 'id = id', nullif(special, ''), (SELECT string_agg(format(CASE
        WHEN a.atttypid IN ('text'::regtype, 'varchar'::regtype) THEN '%1$I = CASE WHEN %1$I <> '''' THEN ''—'' ELSE %1$I END'
        ELSE '%1$I = ''{}''' END, a.attname), ', ')
      FROM pg_attribute a WHERE a.attrelid = to_regclass('public.' || quote_ident(source)) AND a.attnum > 0 AND NOT a.attisdropped
       AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype, 'text[]'::regtype, 'varchar[]'::regtype)
       AND a.attname <> ALL (kept) AND (a.attname !~ '^history_' OR a.attname = 'history_change_reason')));
END $$;

-- What is over with the parts: access that opens nothing any more, and with the whole file everything that waits.
CREATE FUNCTION access.erase_closed(file uuid, parts smallint[], whole boolean, approver uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  gone smallint[] := (SELECT c.erased FROM public.victims_child c WHERE c.id = file);
  found uuid[];
BEGIN
  found := ARRAY(SELECT g.id FROM public.access_grant g WHERE g.child_id = file AND g.ended IS NULL AND g.basis <> 'ownership'
    AND NOT EXISTS (SELECT FROM unnest(g.view) AS v WHERE v <> 1 AND v <> ALL (gone)) AND (whole OR g.view <> '{1}' OR 1::smallint = ANY (gone)));
  UPDATE public.access_grant SET ended = at, ended_by_id = coalesce(approver, given_by_id), end_reason = '—', version = version + 1 WHERE id = ANY (found);
  PERFORM access.note_history('access_grant', found, '~', '');
  found := ARRAY(SELECT l.id FROM public.victims_childseries l WHERE l.child_id = file AND l.ended IS NULL AND 8::smallint = ANY (gone));
  UPDATE public.victims_childseries SET ended = at, version = version + 1 WHERE id = ANY (found);
  PERFORM access.note_history('victims_childseries', found, '~', '');
  found := ARRAY(SELECT d.id FROM public.victims_disclosure d WHERE d.child_id = file AND d.state IN (1, 4)
    AND (d.parts && erase_closed.parts OR 1::smallint = ANY (erase_closed.parts)));  -- what they held is gone
  UPDATE public.victims_disclosure SET state = 6, version = version + 1 WHERE id = ANY (found);
  PERFORM access.note_history('victims_disclosure', found, '~', '');
  IF whole OR parts && '{1,6}' THEN  -- of a plan that is gone no action is left to do
    found := ARRAY(SELECT t.id FROM public.casework_task t WHERE t.child_id = file AND t.state = 1
      AND (whole OR 1::smallint = ANY (parts) OR t.kind = 'plan_action'));
    UPDATE public.casework_task SET state = 3, ended = at, version = version + 1 WHERE id = ANY (found);
    PERFORM access.note_history('casework_task', found, '~', '');
  END IF;
  IF whole OR 1::smallint = ANY (parts) THEN
    found := ARRAY(SELECT r.id FROM public.victims_childrequest r WHERE r.child_id = file AND r.state = 1);
    UPDATE public.victims_childrequest SET state = 2, answered = at, answered_by_id = coalesce(approver, recorded_by_id),
        words = '', version = version + 1 WHERE id = ANY (found);
    PERFORM access.note_history('victims_childrequest', found, '~', '');
    found := ARRAY(SELECT n.id FROM public.casework_notice n WHERE n.child_id = file AND n.seen IS NULL);
    UPDATE public.casework_notice SET seen = at, version = version + 1 WHERE id = ANY (found);
    PERFORM access.note_history('casework_notice', found, '~', '');
    found := ARRAY(SELECT a.id FROM public.casework_approval a WHERE a.child_id = file AND a.state = 1);
    UPDATE public.casework_approval SET state = 6, decided = at, version = version + 1 WHERE id = ANY (found);
    PERFORM access.note_history('casework_approval', found, '~', '');
  END IF;
  PERFORM access.project_files(ARRAY[file]);
END $$;

-- Empties what the history holds of these parts. The reason of an act stands on everything that it wrote: also on records
-- that belong to no file, such as notices, and as the purpose of its events.
CREATE FUNCTION access.erase_history(file uuid, parts smallint[], whole boolean, which uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'iso_8601' AS $$
DECLARE
  t record;
  of_table xid8[];
  acts xid8[] := '{}';
  gone smallint[] := (SELECT c.erased FROM public.victims_child c WHERE c.id = file);  -- these and those of before
  history text;
BEGIN
  FOR t IN SELECT * FROM access.erased_tables() e LOOP
    EXECUTE format('WITH emptied AS (UPDATE public.%I r SET %s WHERE r.%I = $1 AND (%s)::smallint = ANY ($2) RETURNING r.tx)
      SELECT array_agg(DISTINCT tx) FROM emptied WHERE tx <> pg_current_xact_id()', t.history,
      access.emptied(t.history, t.kept, t.special), t.owner_column, t.part) INTO of_table USING file, parts;
    acts := acts || coalesce(of_table, '{}');
  END LOOP;
  FOR history IN SELECT h FROM audit.histories() h WHERE h <> 'access_historicalextract' LOOP  -- below, with all that is typed there
    EXECUTE format('WITH emptied AS (UPDATE public.%I h SET history_change_reason = ''—''
        WHERE h.tx = ANY ($1) AND h.history_change_reason NOT IN ('''', ''—'') AND to_jsonb(h) ->> ''child_id'' IS NULL AND h.id <> $2
        RETURNING h.*)
      INSERT INTO public.audit_erased (history_id, erasure, file, source, remains)
      SELECT m.history_id, $3, $2, $4, audit.commitment(audit.no_key(), $4, to_jsonb(m)) FROM emptied m
      ON CONFLICT DO NOTHING', history) USING acts, file, which, replace(history, '_historical', '_');
  END LOOP;
  WITH emptied AS (
    UPDATE public.audit_event e SET purpose_hash = audit.purpose_hash(e), purpose = ''
     WHERE e.purpose <> '' AND e.kind <> 'erasure' AND ((e.child_id = file AND (whole OR (e.sections <> '{}' AND e.sections <@ gone)))
       OR (e.child_id IS NULL AND e.tx = ANY (acts)))
    RETURNING e.id, e.purpose_hash)
  INSERT INTO public.audit_erased (history_id, erasure, file, source, remains)
  SELECT m.id, which, file, 'audit_event', decode(m.purpose_hash, 'hex') FROM emptied m;
END $$;

-- What somebody typed about many files, as the purpose of a look or of a table that was taken along, goes with a file that it names
-- by number or code name, one of before and an Arabic one too, and with the summary of one. Under which other names it may stand
-- there nobody knows.
CREATE FUNCTION access.erase_purposes(file uuid, whole boolean, which uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'iso_8601' AS $$
DECLARE
  names text[] := (SELECT array_agg(DISTINCT n.name) FROM public.victims_child c JOIN public.victims_historicalchild h ON h.id = c.id
    LEFT JOIN access.listed_names() l ON l.english = h.code_name
    CROSS JOIN LATERAL unnest(ARRAY[c.case_number, h.code_name, l.arabic]) AS n (name)
    WHERE c.id = file AND (whole OR 1::smallint = ANY (c.erased)));
  called text[] := (SELECT array_agg('\m' || regexp_replace(m, '([^[:alnum:]])', '\\\1', 'g') || '\M')  -- one by one: together they may be too many
    FROM (SELECT regexp_replace(n, '^[^[:alnum:]]+|[^[:alnum:]]+$', '', 'g') AS m FROM unnest(names) AS n) t WHERE m <> '');
  taken CONSTANT varchar := 'access_extract';  -- all its rows are among what was erased, and need no event beside them
  found uuid[];
BEGIN
  WITH emptied AS (
    UPDATE public.audit_event e SET purpose_hash = audit.purpose_hash(e), purpose = ''
     WHERE e.child_id IS NULL AND e.entities @> ARRAY[file] AND e.purpose ~* ANY (called) RETURNING e.id, e.purpose_hash)
  INSERT INTO public.audit_erased (history_id, erasure, file, source, remains)
  SELECT m.id, which, file, 'audit_event', decode(m.purpose_hash, 'hex') FROM emptied m;
  found := ARRAY(SELECT x.id FROM public.access_extract x WHERE x.files @> ARRAY[file] AND concat_ws(' ', x.purpose, x.comment) ~* ANY (called));
  UPDATE public.access_extract SET version = version + 1, purpose = '—', comment = CASE WHEN comment <> '' THEN '—' ELSE '' END
   WHERE id = ANY (found);
  PERFORM access.note_history(taken, found, '~', '');
  WITH emptied AS (
    UPDATE public.access_historicalextract h SET purpose = '—', comment = CASE WHEN h.comment <> '' THEN '—' ELSE '' END,
        history_change_reason = CASE WHEN h.history_change_reason <> '' THEN '—' ELSE '' END
     WHERE h.id = ANY (found) AND NOT EXISTS (SELECT FROM public.audit_erased x WHERE x.history_id = h.history_id)  -- by another file
    RETURNING h.*)
  INSERT INTO public.audit_erased (history_id, erasure, file, source, remains)
  SELECT m.history_id, which, file, taken, audit.commitment(audit.no_key(), taken, to_jsonb(m)) FROM emptied m;
END $$;

-- Says in the record which rows were emptied and what is left of each; with the whole file the key goes that their
-- commitments were made with, so that nobody can guess what they were made of.
CREATE FUNCTION access.note_erased(file uuid, parts smallint[], whole boolean, which uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'iso_8601' AS $$
DECLARE
  t record;
  history text;
BEGIN
  IF whole THEN
    FOR history IN SELECT h FROM audit.histories() h LOOP
      EXECUTE format('INSERT INTO public.audit_erased (history_id, erasure, file, source, remains)
        SELECT h.history_id, $1, $2, $3, audit.commitment(audit.no_key(), $3, to_jsonb(h)) FROM public.%I h
         WHERE h.%I = $2 ON CONFLICT DO NOTHING', history, audit.file_column(history))
        USING which, file, replace(history, '_historical', '_');
    END LOOP;
    UPDATE public.audit_root SET key = NULL WHERE root = file;
  ELSE
    FOR t IN SELECT * FROM access.erased_tables() e LOOP
      EXECUTE format('INSERT INTO public.audit_erased (history_id, erasure, file, source, remains)
        SELECT r.history_id, $1, $2, $4, audit.commitment(audit.no_key(), $4, to_jsonb(r)) FROM public.%I r
         WHERE r.%I = $2 AND (%s)::smallint = ANY ($3) ON CONFLICT DO NOTHING', t.history, t.owner_column, t.part)
        USING which, file, parts, t.source::text;
    END LOOP;
  END IF;
  INSERT INTO public.audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, entity, entity_id, entities,
      sections, basis, purpose, details, person, agency, role, via, session, request_id, address)
  SELECT uuidv7(), public.app_now(), pg_current_xact_id(), 'erasure', 'D', 'ok', '', e.child_id, 'access.erasure', which, '{}', parts, '',
      e.ground, jsonb_build_object('rows', count(x.history_id), 'digest', audit.erased_digest(which), 'whole', whole),
      '', '', '', '', '', '', ''
    FROM public.access_erasure e LEFT JOIN public.audit_erased x ON x.erasure = e.id WHERE e.id = which GROUP BY e.ground, e.child_id;
END $$;

-- Whether a row of a table still holds what an erasure empties, as a condition on r.
CREATE FUNCTION access.words_left(source varchar, kept varchar[]) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT string_agg(format('r.%I::text NOT IN ('''', ''—'', ''{}'')', a.attname), ' OR ') FROM pg_attribute a
    WHERE a.attrelid = to_regclass('public.' || quote_ident(source)) AND a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype, 'text[]'::regtype, 'varchar[]'::regtype)
      AND a.attname <> ALL (kept) AND (a.attname !~ '^history_' OR a.attname = 'history_change_reason'));
END $$;

-- What is called erased and is not: rows that hold words still, and erasures that the file and the record of two people know
-- nothing of. Whoever owns the tables could write the event of an erasure, and call erased what was altered.
CREATE FUNCTION access.not_erased(wanted uuid) RETURNS TABLE (file uuid, erasure uuid, source varchar, history_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  t record;
BEGIN
  RETURN QUERY SELECT DISTINCT x.file, x.erasure, ''::varchar, NULL::uuid FROM public.audit_erased x
   WHERE (wanted IS NULL OR x.file = wanted) AND NOT EXISTS (SELECT FROM public.access_erasure e
     JOIN public.victims_child c ON c.id = e.child_id AND e.sections <@ c.erased
    WHERE e.id = x.erasure AND e.child_id = x.file AND e.done IS NOT NULL);
  FOR t IN SELECT * FROM access.erased_tables() LOOP
    RETURN QUERY EXECUTE format('SELECT x.file, x.erasure, x.source::varchar, x.history_id FROM public.audit_erased x
        JOIN public.access_erasure e ON e.id = x.erasure JOIN public.%I r ON r.history_id = x.history_id
       WHERE x.source = $1 AND ($2 IS NULL OR x.file = $2) AND r.%I = x.file AND (%s)::smallint = ANY (e.sections) AND (%s)',
      t.history, t.owner_column, t.part, access.words_left(t.history, t.kept)) USING t.source, wanted;
  END LOOP;
END $$;

-- What was erased, for the list beside the backups, with the texts of the events that tell of it, by whose MACs the worker knows
-- that it was decided; asked by the worker, which shows the key.
CREATE FUNCTION access.erasures_done(proof text)
RETURNS TABLE (id uuid, child_id uuid, sections smallint[], ground varchar, asked_by uuid, approved_by uuid, done timestamptz,
               said text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  RETURN QUERY SELECT e.id, e.child_id, e.sections, e.ground, e.asked_by_id, e.approved_by_id, e.done,
      ARRAY(SELECT audit.text_of(v) FROM public.audit_event v WHERE v.entity = 'access.erasure' AND v.entity_id = e.id AND v.action <> 'R'
        UNION ALL SELECT t.text FROM public.audit_told t WHERE t.text::jsonb ->> 10 = e.id::text)
    FROM public.access_erasure e WHERE e.done IS NOT NULL ORDER BY e.done, e.id;
END $$;
