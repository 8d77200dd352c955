#!/usr/bin/env python3
"""Checks an extract of Safe Return's record without Safe Return: python3 verify_record.py EXTRACT --key BASE64 [--witness FILE]
[--events FILE ...] [--event-keys FILE]

Needs Python 3.11 and the package `cryptography`, for one thing: the signatures. docs/verify.md says what is compared.
Exit code 0: nothing missing, nothing altered. 1: tampered, with what does not fit. 2: cannot tell.
"""

import argparse
import base64
import gzip
import hashlib
import hmac
import json
import os
import sys
import uuid
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def tree(hashes):
    """RFC 9162's tree over hashes: split at the largest power of two below their number."""
    if not hashes:
        return sha()
    if len(hashes) == 1:
        return hashes[0]
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\x01", tree(hashes[:left]), tree(hashes[left:]))


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def spaced(value):
    """As PostgreSQL writes an array of JSON."""
    return json.dumps(value, separators=(", ", ": "), ensure_ascii=False).encode()


LONGEST = 16 * 1024 * 1024  # bytes of one line in a file of events
MAC = 36  # bytes of a MAC, with the name of its key
UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    RecursionError,
    zlib.error,
)
# Events that the database writes by itself, without the application: kind, action and entity of each.
BY_DATABASE = {
    ("change", "U", "victims.child"),
    ("change", "U", "casework.task"),
    ("grant", "C", "access.grant"),
    ("end grant", "U", "access.grant"),
    ("erasure", "D", "access.erasure"),
}
KINDS = ("checkpoint", "leaf", "event", "link", "row", "erased", "told", "unfit", "away")


class Record:
    """An extract, sorted by what its lines are; and what was found in it."""

    def __init__(self, lines):
        self.bad, self.unknown = [], []
        self.kinds = {name: [] for name in KINDS}
        self.given = {}  # leaves of events of months that stand in files of their own
        self.missing = set()  # months whose file was not given
        self.marked = 0  # events that bear the MAC of the application
        self.acts, self.beside = set(), []  # what it did, when and by whom; what has to stand beside that
        for line in lines:
            self.kinds[line["what"]].append(line)

    def check_checkpoints(self, keys):
        if not self.kinds["checkpoint"]:
            self.unknown.append("there is no checkpoint")
        before = None
        for one in self.kinds["checkpoint"]:
            n = one["number"]
            if n != (before["number"] + 1 if before else 1):
                self.bad.append(f"a checkpoint before {n} is missing")
            elif one["previous"] != (before["hash"] if before else ""):
                self.bad.append(f"checkpoint {n} does not follow the one before")
            said = [one[f] for f in ("number", "made", "horizon", "size", "root", "previous", "note")]
            if sha(compact(said)).hex() != one["hash"]:
                self.bad.append(f"checkpoint {n} was altered")
            elif one["key"] not in keys:
                self.unknown.append(f"checkpoint {n} is signed by key {one['key']}, which was not given")
            elif not signed(keys[one["key"]], one):
                self.bad.append(f"checkpoint {n} is not signed by key {one['key']}")
            before = one

    def check_roots(self):
        leaves = {}
        for leaf in self.kinds["leaf"]:
            leaves.setdefault(leaf["checkpoint"], []).append(bytes.fromhex(leaf["leaf"]))
        known = {one["number"]: one for one in self.kinds["checkpoint"]}
        for n, some in leaves.items():
            if n not in known:
                self.bad.append(f"leaves stand under checkpoint {n}, which is missing")
            elif (len(some), tree(some).hex()) != (known[n]["size"], known[n]["root"]):
                self.bad.append(f"checkpoint {n}: its leaves do not make its root")
        if all("id" in leaf for leaf in self.kinds["leaf"]):  # of the whole record, not of one file
            self.bad += [
                f"checkpoint {n}: its leaves are missing" for n in known if known[n]["size"] and n not in leaves
            ]

    def check_leaves(self):
        links = {one["history_id"]: sha(b"\x00l", bytes.fromhex(one["hash"])) for one in self.kinds["link"]}
        said = self.kinds["event"] + self.kinds["told"]
        events = {one["id"]: sha(b"\x00e", one["text"].encode()) for one in said} | self.given
        there = {"l": links, "e": events}
        words = {"l": "the link of history row", "e": "event"}
        for leaf in self.kinds["leaf"]:
            if leaf.get("away") in self.missing:
                continue
            if "id" in leaf:
                made = there[leaf["kind"]].pop(leaf["id"], None)
                if made is None or made.hex() != leaf["leaf"]:
                    what = "was deleted" if made is None else "was altered"
                    self.bad.append(f"{words[leaf['kind']]} {leaf['id']} {what}")
        self.bad += [f"{words['l']} {name} was added" for name in links]
        old = {one["id"] for one in self.kinds["event"] if one["sealed"]}
        self.bad += [f"event {name} was added" for name in events if name in old or name in self.given]

    def check_macs(self, keys):
        for one in self.kinds["event"] + [told for told in self.kinds["told"] if told["id"] not in self.given]:
            self.check_mac(json.loads(one["text"]), keys)
        if all("id" in leaf for leaf in self.kinds["leaf"]):  # of one file the act may be another file's
            alone = [name for name, act in self.beside if act not in self.acts]
            self.bad += [f"{name} stands beside no act of the application" for name in alone]

    def check_mac(self, said, keys):
        """What the application wrote bears its MAC: under a key that the database never learned."""
        mac = bytes.fromhex(said[25])
        name = f"event {said[0]}"
        act = (said[1], said[2], said[16])  # moment, transaction, person
        if len(mac) == MAC and said[4] != "R":
            self.acts.add(act)
        if not mac:
            self.beside.append((name, act))
            if (said[3], said[4], said[9]) not in BY_DATABASE:
                self.bad.append(f"{name} was not written by the application")
        elif len(mac) != MAC:
            self.bad.append(f"{name} bears a MAC of a wrong length")
        elif mac[:4] in keys:
            who = [] if said[16] else said[17:21]  # of a person the id alone
            wanted = hmac.digest(
                keys[mac[:4]], b"event\0" + compact([*said[:2], *said[3:17], *who, *said[21:25]]), "sha256"
            )
            self.marked += 1
            if wanted != mac[4:]:
                self.bad.append(f"{name} bears the MAC of another one")
        elif keys:
            self.unknown.append(f"{name} was written under key {mac[:4].hex()}, which was not given")

    def read_events(self, names, event_keys):
        """Months that left the database: each is said by an event of its own, which names the digest of the file."""
        sealed = {leaf["id"]: leaf["leaf"] for leaf in self.kinds["leaf"] if "id" in leaf}
        known = {}
        for one in self.kinds["away"]:
            if sha(b"\x00e", one["text"].encode()).hex() != sealed.get(one["event"]):
                self.bad.append(f"the events of {one['month']} are said to stand in a file, and nothing sealed says so")
            known[one["file"]] = json.loads(one["text"])[15]["sha256"], one["month"]
        self.missing = {month for _digest, month in known.values()}
        for name in names:
            digest, month = known.get(os.path.basename(name), ("", ""))
            with open(name, "rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    self.bad.append(f"{name} is not the file that was sealed")
            self.missing.discard(month)
            try:
                for which, leaf, said in leaves_of(name):
                    self.given[which] = leaf
                    self.check_mac(said, event_keys)
            except UNREADABLE as problem:
                self.bad.append(f"{name} cannot be read ({type(problem).__name__})")
        for name, (_digest, month) in known.items():
            if month in self.missing:
                self.unknown.append(f"the events of {month} stand in {name}, which was not given")

    def check_erasures(self):
        """What was emptied is named by an event, with a hash over what is left: as such it is compared from then on."""
        told, groups, done, marked = {}, {}, {}, []
        sealed = {leaf["id"]: leaf["leaf"] for leaf in self.kinds["leaf"] if "id" in leaf}
        old = [one for one in self.kinds["told"] if sha(b"\x00e", one["text"].encode()).hex() == sealed.get(one["id"])]
        for one in self.kinds["event"] + old:
            said = json.loads(one["text"])
            if (said[3], said[4]) == ("erasure", "D"):
                told.setdefault(said[10], {})[said[0]] = (said[15]["rows"], said[15]["digest"])
                done[said[10]] = said
            elif said[9] == "access.erasure" and len(said[25]) == 2 * MAC:
                marked.append(said)
        for one in self.kinds["erased"]:
            groups.setdefault(one["erasure"], []).append(one)
        for name, some in groups.items():
            left = [bytes.fromhex(one["history_id"].replace("-", "") + one["remains"]) for one in some]
            # One event tells of it: a later one could excuse what was altered afterwards.
            if [*told.get(name, {}).values()] != [(len(some), sha(*sorted(left)).hex())]:
                self.bad.append(f"{len(some)} history rows were emptied without a record of erasure {name}")
        played = [name for name in done if not decided(done[name], marked)]
        self.bad += [f"nobody decided on erasure {name} through the application" for name in played]

    def check_chains(self):
        rows = {one["history_id"]: one for one in self.kinds["row"]}
        emptied = {one["history_id"]: one["remains"] for one in self.kinds["erased"]}
        end = {}
        for one in self.kinds["link"]:
            seq, before = end.get(one["root"], (0, b""))
            where = f"chain {one['root']}, link {one['seq']}"
            if one["seq"] != seq + 1:
                self.bad.append(f"{where}: a link before it is missing")
            said = [one[f] for f in ("root", "seq", "source", "history_id", "record_id", "version", "commitment")]
            if sha(b"\x02", before, spaced(said)).hex() != one["hash"]:
                self.bad.append(f"{where}, history row {one['history_id']}: altered")
            end[one["root"]] = (one["seq"], bytes.fromhex(one["hash"]))
            name = one["history_id"]
            if name not in rows:
                self.bad.append(f"history row {name} of {one['source']} {one['record_id']} was deleted")
            elif emptied.get(name, one["commitment"]) != rows[name]["remains" if name in emptied else "commitment"]:
                self.bad.append(f"history row {one['history_id']} of {one['source']} {one['record_id']} was altered")
        for one in self.kinds["unfit"]:
            self.bad.append(f"{one['source']} {one['record_id']}, version {one['version']}: {one['problem']}")

    def check_witness(self, lines):
        known = {one["number"]: one["hash"] for one in self.kinds["checkpoint"]}
        restored = [one for one in self.kinds["checkpoint"] if "restored" in one["note"]]
        for one in lines:
            # A restore says so in a signed checkpoint, made after what it undid.
            again = any(r["number"] <= one["number"] and r["made"] > one["made"] for r in restored)
            if known.get(one["number"]) != one["hash"] and not again:
                self.bad.append(f"checkpoint {one['number']} is missing or another one than the witness kept")


def decided(done, marked):
    """Whether two people decided on an erasure: a proposal before, an approval in the same moment, of the same parts; or
    whoever runs the portal did it again after a restore."""
    about = [one for one in marked if (one[7], one[10]) == (done[7], done[10])]
    if any((one[3], one[1], one[16]) == ("erase again", done[1], None) for one in about):
        return True
    asked = [one for one in about if (one[3], one[4]) == ("propose erasure", "C")]
    agreed = [one for one in about if (one[3], one[1]) == ("approve erasure", done[1])]
    return any(
        a[16] and b[16] and a[16] != b[16] and a[15] == b[15] == {"parts": done[12]} for a in asked for b in agreed
    )


def signed(key, one):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(one["signature"]), bytes.fromhex(one["hash"]))
    except InvalidSignature:
        return False
    return True


def leaves_of(name):
    """The events of a file with their leaves; of one whose purpose is another than its event names, no leaf."""
    with gzip.open(name) as file:
        while line := file.readline(LONGEST):  # whoever made another file may have made it to end this
            if not line.endswith(b"\n"):
                raise ValueError("a line without an end")
            one = json.loads(line)
            said = json.loads(one["text"])
            # A purpose that was erased is not there; the digest of the file holds the others together.
            purpose = one["purpose"]
            same = purpose is None or sha(uuid.UUID(said[0]).bytes, purpose.encode()).hex() == said[14]
            yield said[0], sha(b"\x00e", one["text"].encode()) if same else b"", said


def keys_of(name):
    """Keys by the names with which MACs begin."""
    with open(name, encoding="ascii") as file:
        keys = [base64.b64decode(word.strip(), validate=True) for word in file.read().split(",") if word.strip()]
    if any(len(key) != 32 for key in keys):  # with a shorter one, or none, anybody makes MACs
        raise ValueError("a key is not 32 bytes long")
    return {sha(b"name of an event key\0", key)[:4]: key for key in keys}


def read(name):
    with open(name, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def main():
    parser = argparse.ArgumentParser(
        description="Check an extract of the record. Exit code 0 clean, 1 tampered, 2 cannot tell."
    )
    parser.add_argument("extract")
    parser.add_argument("--key", action="append", default=[], help="a public key in base64, from where you trust it")
    parser.add_argument("--witness", help="checkpoints that you kept, one on each line")
    parser.add_argument("--events", nargs="*", default=[], metavar="FILE", help="months that left the database")
    parser.add_argument("--event-keys", metavar="FILE", help="the keys of the MACs on events, base64, with commas")
    chosen = parser.parse_args()
    try:
        keys = [base64.b64decode(word, validate=True) for word in chosen.key]
        record = Record(read(chosen.extract))
        record.check_checkpoints({sha(key).hex()[:16]: key for key in keys})
        record.check_roots()
        event_keys = keys_of(chosen.event_keys) if chosen.event_keys else {}
        record.read_events(chosen.events, event_keys)
        record.check_macs(event_keys)
        record.check_leaves()
        record.check_erasures()
        record.check_chains()
        if chosen.witness:
            record.check_witness(read(chosen.witness))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        print(f"Cannot tell: this is no whole extract ({type(problem).__name__}: {problem}).")
        return 2
    for line in record.unknown:
        print(f"Cannot tell: {line}.")
    for line in record.bad:
        print(f"TAMPERED: {line}.")
    if event_keys:
        print(f"{record.marked} MACs compared.")
    else:
        print("Whether the MACs of events are right was not asked: no key was given.")
    if not record.bad and not record.unknown:
        print("Nothing missing, nothing altered.")
    return 1 if record.bad else 2 if record.unknown else 0


if __name__ == "__main__":
    sys.exit(main())
