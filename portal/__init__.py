"""Safe Return: one file per child, shared by every agency that helps."""

from portal.celery import queue

__all__ = ["queue"]
