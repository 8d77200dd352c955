-- The figures of the whole network, made once a day. No number under eleven is stored or shown, nor one by which such a
-- number could be worked out: what stands in the table may be read by everybody who may see figures at all.

-- Returns what of the cells of a table may stand beside their sum: the count, -1 for "fewer than eleven", -2 for "not
-- shown". With the cells under eleven goes the smallest of the others. Whoever knows the sum, what is shown and this rule
-- must be left with at least two numbers for every cell under eleven; where that is not so, nothing of the table is shown.
CREATE FUNCTION access.suppressed(counts integer[]) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  few integer := (SELECT count(*) FROM unnest(counts) AS n WHERE n < 11);
  others integer[] := ARRAY(SELECT n FROM unnest(counts) AS n WHERE n >= 11 ORDER BY n);
  beside integer := least(1, cardinality(others));  -- how many of the others are hidden too
  hidden integer := (SELECT coalesce(sum(n), 0) FROM unnest(counts) AS n WHERE n < 11) + coalesce(others[1], 0);
  most integer := coalesce(others[2] - 1, hidden);  -- up to what the other one is known to be
BEGIN
  IF few = 0 THEN RETURN counts; END IF;
  IF least(10, hidden - 11 * beside) <= greatest(0, hidden - 10 * (few - 1) - most * beside) THEN
    RETURN array_fill(-2, ARRAY[cardinality(counts)]);
  END IF;
  RETURN ARRAY(SELECT CASE WHEN c.n < 11 THEN -1 WHEN c.rank <= beside THEN -2 ELSE c.n END
    FROM (SELECT u.n, u.place, row_number() OVER (ORDER BY u.n < 11, u.n, u.place) AS rank
            FROM unnest(counts) WITH ORDINALITY AS u (n, place)) c ORDER BY c.place);
END $$;

-- How many files have each of these values in a column of SUMMARY, sealed ones left out. Nobody but make_figures() asks.
CREATE FUNCTION access.files_by(kind varchar, cells varchar[]) RETURNS integer[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  counts integer[];
BEGIN
  EXECUTE format('SELECT array_agg(coalesce(f.n, 0) ORDER BY u.place) FROM unnest($1) WITH ORDINALITY AS u (cell, place)'
    ' LEFT JOIN (SELECT c.%I::varchar AS cell, count(*)::integer AS n FROM public.victims_child c'
    ' WHERE NOT EXISTS (SELECT FROM public.access_seal s WHERE s.child_id = c.id AND s.sealed IS NOT NULL AND s.ended IS NULL)'
    ' GROUP BY 1) f'
    ' ON f.cell = u.cell', kind) INTO counts USING cells;
  RETURN counts;
END $$;

-- Makes the figures of today, once: whoever calls it again changes nothing. A network of fewer than eleven files has none.
CREATE FUNCTION access.make_figures() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  today date := (public.app_now() AT TIME ZONE 'UTC')::date;
  one record;
  counts integer[];
  files integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('figures', 0));
  IF EXISTS (SELECT FROM public.access_figure f WHERE f.day = today) THEN RETURN false; END IF;
  FOR one IN SELECT * FROM (VALUES ('stage', '{1,2,3,4,5,6,7,8}'::varchar[]), ('identity', '{1,2,3,4,5,6,7}'),
                                   ('age_band', '{0-5,6-11,12-17,18+,""}')) AS k (kind, cells) LOOP
    counts := access.files_by(one.kind, one.cells);
    files := (SELECT sum(n) FROM unnest(counts) AS n);
    counts := CASE WHEN files < 11 THEN array_fill(-2, ARRAY[cardinality(counts)]) ELSE access.suppressed(counts) END;
    INSERT INTO public.access_figure (day, kind, cell, place, count, is_few)
    SELECT today, one.kind, u.cell, u.place, CASE WHEN u.n >= 0 THEN u.n END, u.n = -1
      FROM unnest(one.cells, counts) WITH ORDINALITY AS u (cell, n, place);
  END LOOP;
  INSERT INTO public.access_figure (day, kind, cell, place, count, is_few)
  VALUES (today, 'all', '', 0, CASE WHEN files >= 11 THEN files END, files < 11);
  RETURN true;
END $$;

-- The newest figures, for the roles that see them.
CREATE FUNCTION access.figures() RETURNS TABLE (day date, kind varchar, cell varchar, count integer, is_few boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.has_role('{supervisor,privacy_officer,auditor,operator}') THEN RETURN; END IF;
  RETURN QUERY SELECT f.day, f.kind, f.cell, f.count, f.is_few FROM public.access_figure f
    WHERE f.day = (SELECT max(n.day) FROM public.access_figure n) ORDER BY f.kind, f.place;
END $$;
