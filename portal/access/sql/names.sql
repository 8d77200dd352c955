-- Hashes of how names sound. They follow the record of the names, and go with its key.

-- Replaces the hashes of a file's names, by whoever changed its identity in this transaction and no other.
CREATE FUNCTION access.set_name_tokens(file uuid, wanted bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL OR NOT access.holds(file, 1011) OR NOT EXISTS (SELECT FROM public.victims_historicalidentity h
       WHERE h.child_id = file AND h.tx = pg_current_xact_id()) THEN
    RAISE EXCEPTION 'name tokens follow a change of the identity' USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM public.victims_nametoken t WHERE t.child_id = file AND t.token <> ALL (wanted);
  INSERT INTO public.victims_nametoken (token, child_id) SELECT DISTINCT w, file FROM unnest(wanted) AS w
  ON CONFLICT DO NOTHING;
END $$;

-- Whether more than 2,000 files have a name with one of these hashes: so common a name is looked for from the other side,
-- among the files of whoever asks. It tells no file, and nothing of fewer than 2,001.
CREATE FUNCTION access.is_common(wanted bigint[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL THEN RETURN NULL; END IF;
  RETURN (SELECT count(*) > 2000 FROM (SELECT FROM public.victims_nametoken t WHERE t.token = ANY (wanted) LIMIT 2001) AS found);
END $$;

-- A destroyed key takes the names with it, and how they sounded.
CREATE FUNCTION access.forget_names() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM public.victims_nametoken t WHERE t.child_id = OLD.child_id;
  RETURN NULL;
END $$;
