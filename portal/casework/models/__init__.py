"""The tables of casework."""

from portal.casework.models.documents import Attachment, AttachmentContent, Document
from portal.casework.models.plumbing import Draft, Job, Lookup, OnceKey, PortalKey, Processed, SectionKey
from portal.casework.models.records import ChildRecord, SeriesRecord
from portal.casework.models.rules import DueRule
from portal.casework.models.work import Approval, Note, Notice, Task

__all__ = [
    "Approval",
    "Attachment",
    "AttachmentContent",
    "ChildRecord",
    "Document",
    "Draft",
    "DueRule",
    "Job",
    "Lookup",
    "Note",
    "Notice",
    "OnceKey",
    "PortalKey",
    "Processed",
    "SectionKey",
    "SeriesRecord",
    "Task",
]
