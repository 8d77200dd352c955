"""SQL that migrations lay under tracked tables: the history demand and the triggers that keep history as it is.

A record is not changed without its history row of the same transaction, and there is no history row that is not the copy
of its record as it stands: one for each version, by whoever is signed in. What was committed has its row at its version,
so a row can only be added for what this transaction wrote; and as nothing is deleted, there is no row of a deletion.
Erasing alone empties rows of the past: by functions of guard, which may do nothing else to them.
"""

from collections.abc import Sequence

DEMAND = """
ALTER TABLE {history} ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE UNIQUE INDEX {history}_version ON {history} (id, version);
CREATE INDEX {history}_tx ON {history} (tx);
CREATE INDEX {history}_asof ON {history} (id, history_date DESC, history_id DESC);

CREATE FUNCTION audit.{table}_demand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  _kind text := CASE TG_OP WHEN 'INSERT' THEN '+' WHEN 'UPDATE' THEN '~' ELSE '-' END;
  _live record;
BEGIN
  IF TG_OP = 'DELETE' THEN _live := OLD; ELSE _live := NEW; END IF;
{unless}  IF NOT EXISTS (SELECT FROM public.{history} h WHERE h.id = _live.id AND h.tx = pg_current_xact_id()
                 AND h.history_type = _kind AND to_jsonb(h) @> to_jsonb(_live){without}) THEN
    RAISE EXCEPTION '{table} %: changed without its history row', _live.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.version <> OLD.version + 1 THEN
    RAISE EXCEPTION '{table} %: a change makes the next version', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
ALTER FUNCTION audit.{table}_demand() OWNER TO guard;
REVOKE ALL ON FUNCTION audit.{table}_demand() FROM PUBLIC;
GRANT SELECT, UPDATE (history_change_reason) ON {history} TO guard;
CREATE CONSTRAINT TRIGGER {table}_history AFTER INSERT OR UPDATE OR DELETE ON {table}
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.{table}_demand();
CREATE FUNCTION audit.{table}_copied() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.history_type = '-' OR NOT EXISTS (SELECT FROM public.{table} l WHERE l.id = NEW.id
       AND to_jsonb(NEW) @> to_jsonb(l){without}) THEN
    RAISE EXCEPTION '{history} %: no copy of its record', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
ALTER FUNCTION audit.{table}_copied() OWNER TO guard;
REVOKE ALL ON FUNCTION audit.{table}_copied() FROM PUBLIC;
GRANT SELECT ON {table} TO guard;
CREATE TRIGGER {history}_author BEFORE INSERT ON {history} FOR EACH ROW EXECUTE FUNCTION access.history_author();
CREATE TRIGGER {history}_copied BEFORE INSERT ON {history} FOR EACH ROW EXECUTE FUNCTION audit.{table}_copied();
CREATE TRIGGER {history}_fixed BEFORE UPDATE OR DELETE ON {history} FOR EACH ROW
  WHEN (current_user <> 'guard' OR NOT access.is_erasing()) EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER {history}_kept BEFORE TRUNCATE ON {history} FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT, UPDATE ON {table} TO app;
GRANT SELECT, INSERT ON {history} TO app;
"""


def history_table(table: str) -> str:
    """Return the name of the history table of a tracked table: victims_child -> victims_historicalchild."""
    app, _, model = table.partition("_")
    return f"{app}_historical{model}"


UNLESS = """  IF TG_OP = 'UPDATE' AND to_jsonb(OLD){without} = to_jsonb(NEW){without} THEN RETURN NULL; END IF;
"""


def demand_history(table: str, outside: Sequence[str] = ()) -> str:
    """Return the SQL that refuses, at commit, a change of the table without its history row of that transaction.

    outside: columns that the history leaves out; a change of these alone asks for no row.
    """
    without = "".join(f" - '{column}'" for column in outside)
    unless = UNLESS.format(without=without) if outside else ""
    return DEMAND.format(table=table, history=history_table(table), without=without, unless=unless)


def timeline_index(table: str) -> str:
    """Return the SQL of the index that a file's timeline reads a history table by."""
    history = history_table(table)
    return f"CREATE INDEX {history}_line ON {history} (child_id, history_date DESC, history_id DESC);"
