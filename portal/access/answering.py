"""The policies of what leaves a file on paper, of what the child asks for, and of what the child says is wrong."""

from portal.access.rowlevel import SIGNED_IN, policies, varying_condition
from portal.access.sections import Level
from portal.audit.demand import history_table

# Who answers for the file; a disclosure is read as well by those who decide on it, who may hold nothing else of the file.
ANSWERS = "access.answers_for({t}.child_id)"
CONCERNS = "access.concerns_disclosure({t}.id)"
READS = "access.reads_disclosure({t}.disclosure_id)"
HERE = "coalesce((SELECT true FROM {table} r WHERE r.id = {t}.id LIMIT 1), false)"  # the row as it stands is read


def guard_answers() -> str:
    """Return the policies of requests, disclosures and corrections; triggers know who may say what."""
    request, disclosure, content = "victims_childrequest", "victims_disclosure", "victims_disclosurecontent"
    answers = ANSWERS.format(t=request)
    asks = ANSWERS.format(t=disclosure)
    sees = f"{asks} OR {CONCERNS.format(t=disclosure)}"
    reads = READS.format(t=content)
    return "\n".join(
        [
            policies(request, see=answers, insert=answers, update=answers),
            past(request),
            policies(disclosure, see=sees, insert=asks, update=sees),
            past(disclosure),
            policies(content, see=reads, insert=reads, update=reads),
            guard_corrections(),
        ]
    )


def past(table: str) -> str:
    """Return the policies of a history that is read by whoever reads the row as it stands now."""
    history = history_table(table)
    return policies(history, see=f"{HERE.format(table=table, t=history)} AND {SIGNED_IN}", insert=SIGNED_IN)


def guard_corrections() -> str:
    """Return the policies of corrections: read with their section, written by those of the owner's who read it."""
    table, history = "victims_correction", "victims_historicalcorrection"
    see = varying_condition(table, Level.VIEW)
    writes = f"({see}) AND {ANSWERS.format(t=table)}"
    return "\n".join(
        [
            policies(table, see=see, insert=writes, update=writes),
            policies(history, see=varying_condition(history, Level.VIEW), insert=SIGNED_IN),
        ]
    )
