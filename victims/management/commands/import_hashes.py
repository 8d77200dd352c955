"""Reads in a list of hashes from the command line: import_vics under the name by which hash lists are known."""

from victims.management.commands import import_vics


class Command(import_vics.Command):
    help = "Reads in a list of hashes (CSV), or a VICS hash set: all of it, or nothing. The same as import_vics."
