-- Drafts: what somebody typed into a form and has not saved. Written by these functions alone, each person's own; read behind
-- the policy, while the form is open to its author. Somebody whose certificate ended while typing keeps the words as well.

-- Keeps what was typed, in the place of what was kept before; returns "kept", "saved" where the form was saved meanwhile (by
-- its one-time key), or "full". Whoever loses access while typing keeps the words all the same: they are shown again with it.
CREATE FUNCTION access.keep_draft(draft_id uuid, place varchar, file uuid, part smallint, rank smallint, ring boolean, words bytea,
  key_used varchar) RETURNS varchar
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.holder();
  gone smallint[];
BEGIN
  IF me IS NULL OR octet_length(words) > 500000 THEN
    RAISE EXCEPTION 'a draft is kept for whoever typed it, up to 500,000 bytes' USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- Waits for a save of the same form: a draft that arrives after it must not stand there as not saved.
  PERFORM pg_advisory_xact_lock(hashtextextended('draft ' || me || place, 0));
  IF EXISTS (SELECT FROM public.casework_oncekey k WHERE k.person_id = me AND k.key = key_used AND k.location <> '') THEN
    RETURN 'saved';
  END IF;
  -- Of what was erased no word is kept any more, and nobody learns it by that: a line stands there as for every other form.
  -- Waits for an erasure that is carried out right now.
  SELECT c.erased INTO gone FROM public.victims_child c WHERE c.id = file FOR KEY SHARE;
  IF part = ANY (gone) OR gone @> '{1,2,3,4,5,6,7,8,9}' THEN words := ''; END IF;
  IF (SELECT count(*) FROM public.casework_draft d WHERE d.person_id = me AND d.address <> place) >= 100 THEN RETURN 'full'; END IF;
  INSERT INTO public.casework_draft (id, person_id, address, path, child_id, section, level, by_ring, closed, saved)
  VALUES (draft_id, me, place, split_part(place, '?', 1), file, part, rank, ring, words, public.app_now())
  ON CONFLICT (person_id, address) DO UPDATE SET child_id = excluded.child_id, section = excluded.section, level = excluded.level,
    by_ring = excluded.by_ring, closed = excluded.closed, saved = excluded.saved;
  RETURN 'kept';
END $$;

-- Drops one's own draft of a form that was saved or is thrown away; returns whether there was one.
CREATE FUNCTION access.drop_draft(place varchar) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.holder();
BEGIN
  IF me IS NULL THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('draft ' || me || place, 0));
  DELETE FROM public.casework_draft d WHERE d.person_id = me AND d.address = place;
  RETURN FOUND;
END $$;

-- When one's own words for a form were kept last, whether or not the form is open now.
CREATE FUNCTION access.draft_kept(place varchar) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT d.saved FROM public.casework_draft d WHERE d.person_id = access.holder() AND d.address = place);
END $$;

-- Drops what nobody came back to within thirty days; returns how many.
CREATE FUNCTION access.drop_old_drafts() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  dropped integer;
BEGIN
  DELETE FROM public.casework_draft d WHERE d.saved < public.app_now() - interval '30 days';
  GET DIAGNOSTICS dropped = ROW_COUNT;
  RETURN dropped;
END $$;

-- A section whose key is destroyed takes along what was typed for it, also where that was sealed under the portal's key.
CREATE FUNCTION access.forget_drafts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM public.casework_draft d WHERE d.child_id = OLD.child_id AND d.section = OLD.section;
  RETURN NULL;
END $$;
