"""Timed work of the child's file."""

from celery import shared_task

from victims import disclosures, import_files


@shared_task
def drop_old_import_files() -> None:
    """Delete files that were sent to be read in and that nobody will read in any more."""
    import_files.drop_old()


@shared_task
def drop_old_disclosures() -> None:
    """Drop what disclosures hold once their time is over; their hashes stay."""
    disclosures.drop_old()
