"""Checks a statement against the sealed ledger, far from the site: `python verifier.py statement.json [--roots roots.json]`.

This one file needs nothing but Python's standard library, so that whoever doubts the site can read it and run it alone.
It is also where the format is defined: the site seals its days with the hashes below (docs/adr/0010).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

FORMAT = "workhall-statement-1"
ROOTS_FORMAT = "workhall-roots-1"
LEAF, NODE, CHAIN = b"\x00", b"\x01", b"\x02"
EMPTY = hashlib.sha256(b"").digest()  # the root of a day without postings
GENESIS = bytes(32)  # what stands before the first day
MOST_BYTES = 64 * 1024 * 1024
MOST_DIGITS = 18
MOST_ACCOUNTS = 2  # main and bonus
MOST_TOLD = 20
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}\.\d{6}\+00:00", re.ASCII)
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
OWN = re.compile(r"user:(?P<owner>\d{1,18}):(?:main|bonus)", re.ASCII)
# What of a posting is sealed, in this order only for reading: canonical JSON sorts it.
FACTS: dict[str, tuple[type, ...]] = {
    "id": (int,),
    "entry": (str,),
    "verb": (str,),
    "reference": (str,),
    "at": (str,),
    "account": (str,),
    "amount": (int,),
    "balance_after": (int, type(None)),
    "before": (int, type(None)),
}
ONE_OR_NONE = (dict, type(None))


class Unreadable(Exception):
    """The file is no statement at all; the message says why."""


# -- the hashes ------------------------------------------------------------------------------------


def canonical(facts: Mapping[str, Any]) -> bytes:
    """JSON in the one spelling that is hashed: sorted keys, no spaces, ASCII."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def leaf_hash(salt: bytes, facts: Mapping[str, Any]) -> bytes:
    """The leaf of a posting: the salt keeps those who know a root from guessing what is under it."""
    return hashlib.sha256(LEAF + salt + canonical(facts)).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def chain_hash(previous: bytes, day: str, count: int, root: bytes, totals: Mapping[str, int]) -> bytes:
    """The hash that binds a day to all days before it."""
    return hashlib.sha256(
        CHAIN + previous + day.encode("ascii") + count.to_bytes(8, "big") + root + canonical(totals)
    ).digest()


def root_from(leaf: bytes, index: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf, its place and its path lead to; None when the path does not fit a tree of that size."""
    found, siblings = leaf, iter(path)
    while count > 1:
        alone = index == count - 1 and index % 2 == 0
        if not alone:
            sibling = next(siblings, None)
            if sibling is None:
                return None
            found = node_hash(sibling, found) if index % 2 else node_hash(found, sibling)
        index, count = index // 2, (count + 1) // 2
    return None if next(siblings, None) is not None else found


# -- the statement ---------------------------------------------------------------------------------


@dataclass
class Verdict:
    """What was found: sentences about what is wrong and what nothing proves, and what the good news is made of."""

    problems: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)
    lines: int = 0
    proven: set[int] = field(default_factory=set)  # lines in a sealed day, with roots in one that the list has too
    waiting: list[int] = field(default_factory=list)  # lines that are not, or not yet
    balances: list[str] = field(default_factory=list)
    days: list[dict[str, Any]] = field(default_factory=list)
    compared: int | None = None

    @property
    def holds(self) -> bool:
        return not self.problems and not self.unproven

    def sentences(self) -> Iterator[str]:
        """The verdict in plain words."""
        if not self.holds:
            found = self.problems or self.unproven
            yield f"{'NOT PROVEN' if self.problems else 'NOT PROVABLE'}. Do not rely on this statement."
            yield from found[:MOST_TOLD]
            if len(found) > MOST_TOLD:
                yield f"… and {len(found) - MOST_TOLD} more."
            return
        proven = "PROVEN" if self.compared is not None else "PROVEN ONLY IF THE HASH BELOW IS THE SITE'S"
        yield f"{proven}: {len(self.proven)} of {self.lines} lines stand in the sealed ledger as this statement shows them."
        yield from self.balances
        if self.waiting:
            why = "is not sealed" if self.compared is None else "is not sealed, or not in your list of roots"
            yield f"Not proven: {_some(self.waiting)}. The day of these lines {why}. Do not rely on them or a balance after them."
        yield "Nothing was left out between the first and the last proven line of each balance. The rest is not proven:"
        yield "balances are sealed under numbers, so whose they are stands only in the file."
        yield f"The days {self.days[0]['day']} to {self.days[-1]['day']} follow from each other. The newest chained hash is"
        yield f"  {self.days[-1]['chained']}"
        if self.compared is None:
            yield "Compare it with the one on the site's /proof/ page, or with one you saved: use --roots roots.json."
        else:
            yield f"{self.compared} of these days are equal to those in the saved list of roots."


def verify(statement: Any, roots: Any = None) -> Verdict:
    """Check a statement, as json.loads gives it, and optionally a saved list of roots."""
    try:
        shaped = _shape(statement)
        saved = None if roots is None else _shape_roots(roots)
    except Unreadable as error:
        return Verdict([str(error)])
    # A balance without a line of the period shows the one before it.
    lines = [*shaped["lines"], *(account["last"] for account in shaped["accounts"] if account["last"] is not None)]
    verdict = Verdict(lines=len(lines))
    days = _follow_the_chain(shaped["days"], verdict)
    _check_owner(shaped, verdict)
    _check_balances(shaped, verdict)
    for line in (line for line in lines if line["seal"] is not None):
        if wrong := _not_included(line, days):
            verdict.problems.append(wrong)
        elif saved is None or line["seal"]["day"] in saved:
            verdict.proven.add(line["id"])
    places = [(line["seal"]["day"], line["seal"]["index"]) for line in lines if line["seal"] is not None]
    if len(set(places)) != len(places):
        verdict.problems.append("Two lines claim the same place of a sealed day.")
    if saved is not None:
        _compare(shaped["days"], saved, verdict)
    _check_the_rest(lines, max(saved or days, default=""), max([*days, *(saved or [])], default=""), verdict)
    _check_provable(shaped["accounts"], lines, verdict)
    return verdict


def verify_file(path: str, roots: str | None = None) -> Verdict:
    """Check a file; what cannot be read is a verdict too."""
    try:
        return verify(_read(path), None if roots is None else _read(roots))
    except Unreadable as error:
        return Verdict([str(error)])


def _follow_the_chain(days: list[dict[str, Any]], verdict: Verdict) -> dict[str, dict[str, Any]]:
    before: dict[str, Any] | None = None
    for day in days:
        name = day["day"]
        if before is not None:
            if name <= before["day"]:
                verdict.problems.append(f"The day {name} does not come after {before['day']}.")
            elif date.fromisoformat(name).toordinal() != date.fromisoformat(before["day"]).toordinal() + 1:
                verdict.problems.append(f"The day {name} is not the day after {before['day']}.")
            if day["previous"] != before["chained"]:
                verdict.problems.append(f"The day {name} is not chained to the day before it.")
        previous = bytes.fromhex(day["previous"]) if day["previous"] else GENESIS
        if chain_hash(previous, name, day["count"], bytes.fromhex(day["root"]), day["totals"]).hex() != day["chained"]:
            verdict.problems.append(f"The chained hash of {name} does not follow from what the day says.")
        if sum(day["totals"].values()):
            verdict.problems.append(f"The totals of {name} do not sum to zero.")
        before = day
    verdict.days = days
    return {day["day"]: day for day in days}


def _check_owner(statement: dict[str, Any], verdict: Verdict) -> None:
    keys = [account["key"] for account in statement["accounts"]]
    owners = {found["owner"] for key in keys if (found := OWN.fullmatch(key))}
    if len(owners) > 1 or any(not OWN.fullmatch(key) for key in keys) or len(set(keys)) != len(keys):
        verdict.problems.append("The balances of this statement do not belong to one user.")
    strange = sorted({line["id"] for line in statement["lines"] if line["account"] not in keys})
    if strange:
        verdict.problems.append(f"Lines belong to another account than the statement's: {_some(strange)}.")


def _check_balances(statement: dict[str, Any], verdict: Verdict) -> None:
    """Each line names the one before it on its account, and its balance follows from that one's."""
    ids = [line["id"] for line in statement["lines"]]
    if any(later <= earlier for earlier, later in pairwise(ids)):
        verdict.problems.append("The lines do not stand in the order of their numbers.")
    for account in statement["accounts"]:
        own = [line for line in statement["lines"] if line["account"] == account["key"]]
        balance, before, last = account["opening"], own[0]["before"] if own else None, account["last"]
        if last is not None and (own or last["account"] != account["key"] or last["balance_after"] != balance):
            verdict.problems.append(f"The line before the period is not one that {account['key']} opens with.")
        if own and before is None and balance:
            verdict.problems.append(f"{account['key']} opens with money before its very first line.")
        for line in own:
            if line["before"] != before:
                verdict.problems.append(f"Something was left out of {account['key']} before line {line['id']}.")
            if line["balance_after"] is None or line["balance_after"] != balance + line["amount"]:
                verdict.problems.append(f"The balance after line {line['id']} does not follow from the one before it.")
            balance, before = line["balance_after"] or 0, line["id"]
        if balance != account["closing"]:
            verdict.problems.append(f"The closing balance of {account['key']} does not follow from its lines.")


def _not_included(line: dict[str, Any], days: dict[str, dict[str, Any]]) -> str:
    """Why a line is not what its day sealed, nothing when it is."""
    seal, number = line["seal"], line["id"]
    day = days.get(seal["day"])
    if day is None:
        return f"Line {number} is said to be sealed on {seal['day']}, which the statement leaves out."
    if seal["index"] >= day["count"]:
        return f"Line {number} is said to have a place that {seal['day']} does not have."
    leaf = leaf_hash(bytes.fromhex(seal["salt"]), {name: line[name] for name in FACTS})
    found = root_from(leaf, seal["index"], day["count"], [bytes.fromhex(each) for each in seal["path"]])
    return "" if found and found.hex() == day["root"] else f"Line {number} is not what was sealed on {seal['day']}."


def _compare(days: list[dict[str, Any]], saved: dict[str, str], verdict: Verdict) -> None:
    verdict.compared, newest = 0, max(saved, default="")
    for day in days:
        if day["day"] in saved:
            verdict.compared += 1
            if saved[day["day"]] != day["chained"]:
                verdict.problems.append(f"The chained hash of {day['day']} is another one than in the list of roots.")
        elif day["day"] < newest:
            verdict.problems.append(f"The list of roots does not know the day {day['day']}, but later ones.")
    if days and not verdict.compared:
        verdict.problems.append("The list of roots has none of the days of this statement.")


def _check_the_rest(lines: list[dict[str, Any]], listed: str, sealed: str, verdict: Verdict) -> None:
    """What is not proven is younger than the newest days: a line waits until its day is over, a straggler for a day more."""
    for line in (line for line in lines if line["id"] not in verdict.proven):
        verdict.waiting.append(line["id"])
        newest, day = sealed if line["seal"] is None else listed, line["at"][:10]
        if day < newest:
            verdict.problems.append(f"Line {line['id']} is of {day} but not proven, though {newest} is sealed.")


def _check_provable(accounts: list[dict[str, Any]], lines: list[dict[str, Any]], verdict: Verdict) -> None:
    """No balance is believed without a proven line of its own; one that shows neither money nor lines says nothing."""
    for account in accounts:
        key = account["key"]
        own = [line for line in lines if line["account"] == key]
        proven = [line for line in own if line["id"] in verdict.proven]
        if proven:
            cents = proven[-1]["balance_after"] or 0
            verdict.balances.append(f"{key} had {cents // 100}.{cents % 100:02} dollars after line {proven[-1]['id']}.")
        elif own or account["opening"] or account["closing"]:
            verdict.unproven.append(f"No line of {key} is proven. Get a new statement when their days are sealed.")
    if not verdict.proven and not verdict.unproven:
        verdict.unproven.append("It shows no sealed line, so there is nothing to prove.")


# -- reading what anybody may have written ---------------------------------------------------------


def _read(path: str) -> Any:
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or 'it is no file'}.") from error
    if len(content) > MOST_BYTES:
        raise Unreadable(f"{path} is too large to be a statement.")
    try:
        return json.loads(content, parse_constant=_no_number, parse_int=_whole, object_pairs_hook=_once)
    except RecursionError as error:
        raise Unreadable(f"{path} is nested too deeply to be a statement.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path} is not JSON, so it is no statement.") from error
    except ValueError as error:
        raise Unreadable(f"{path} is not a statement: {error}.") from error


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MOST_DIGITS:
        raise ValueError("a number in it is too large")
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _shape(statement: Any) -> dict[str, Any]:
    """The statement, with every part of the type that the checks above count on."""
    _fields(statement, {"format": (str,), "accounts": (list,), "lines": (list,), "days": (list,)}, "The statement")
    if statement["format"] != FORMAT:
        raise Unreadable(f"This is not a statement of the format {FORMAT}.")
    if len(statement["accounts"]) > MOST_ACCOUNTS:
        raise Unreadable("A statement has a main and a bonus balance, and no third one.")
    for account in statement["accounts"]:
        _fields(account, {"key": (str,), "opening": (int,), "closing": (int,), "last": ONE_OR_NONE}, "An account")
        if account["last"] is not None:
            _shape_line(account["last"])
    for line in statement["lines"]:
        _shape_line(line)
    for day in statement["days"]:
        _shape_day(day)
    return dict(statement)


def _shape_line(line: Any) -> None:
    _fields(line, {**FACTS, "seal": ONE_OR_NONE}, "A line")
    moment = MOMENT.fullmatch(line["at"])
    if moment is None or not _is_day(moment["day"]):
        raise Unreadable("The moment of a line is not in the format.")
    seal = line["seal"]
    if seal is None:
        return
    _fields(seal, {"day": (str,), "index": (int,), "salt": (str,), "path": (list,)}, "The seal of a line")
    hashes = [seal["salt"], *seal["path"]]
    if seal["index"] < 0 or not all(isinstance(each, str) and HASH.fullmatch(each) for each in hashes):
        raise Unreadable("The seal of a line is not in the format.")


def _shape_day(day: Any) -> None:
    words = dict.fromkeys(("day", "root", "previous", "chained"), (str,))
    _fields(day, {**words, "count": (int,), "totals": (dict,)}, "A day")
    hashes = [day["root"], day["chained"], *([day["previous"]] if day["previous"] else [])]
    if not _is_day(day["day"]) or not all(HASH.fullmatch(each) for each in hashes):
        raise Unreadable("A day is not in the format.")
    if not 0 <= day["count"] < 2**63 or not all(type(cents) is int for cents in day["totals"].values()):
        raise Unreadable("The numbers of a day are not in the format.")


def _shape_roots(roots: Any) -> dict[str, str]:
    _fields(roots, {"format": (str,), "days": (list,)}, "The list of roots")
    if roots["format"] != ROOTS_FORMAT:
        raise Unreadable(f"This is not a list of roots of the format {ROOTS_FORMAT}.")
    for day in roots["days"]:
        _fields(day, {"day": (str,), "chained": (str,)}, "A day of the list of roots")
        if not _is_day(day["day"]):
            raise Unreadable("A day of the list of roots is not in the format.")
    return {day["day"]: day["chained"] for day in roots["days"]}


def _is_day(text: str) -> bool:
    try:
        return DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _fields(found: Any, wanted: Mapping[str, tuple[type, ...]], what: str) -> None:
    if not isinstance(found, dict):
        raise Unreadable(f"{what} is not in the format.")
    for name, types in wanted.items():
        # By the exact type: true is no number.
        if name not in found or type(found[name]) not in types:
            raise Unreadable(f"{what} lacks “{name}”, or it is of the wrong kind.")


def _some(numbers: Sequence[int], most: int = 5) -> str:
    return ", ".join(map(str, numbers[:most])) + (" …" if len(numbers) > most else "")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when every balance has proven lines and nothing contradicts them, else 1."""
    parser = argparse.ArgumentParser(description="Check a statement against the sealed ledger.")
    parser.add_argument("statement", metavar="FILE", help="the JSON statement from the balance page")
    parser.add_argument("--roots", metavar="FILE", help="a saved /proof/roots.json to compare with")
    given = parser.parse_args(arguments)
    verdict = verify_file(given.statement, given.roots)
    for sentence in verdict.sentences():
        sys.stdout.write(f"{sentence}\n")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
