"""A statement carries the proof of its lines, and the offline verifier believes nothing else (FIN-05, FIN-06)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from core.money import dollars
from finance import ledger, verifier
from finance.queries.ranges import Period
from finance.seals.sealing import seal_what_is_over
from finance.statements import lines
from finance.statements.proven import roots
from finance.verifier import verify, verify_file
from tests.finance.seals import DAY
from tests.finance.told import NOON, Json, made
from tests.stage import give

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]


def test_an_honest_statement_is_proven(good: Json) -> None:
    verdict = verify(good)
    assert verdict.problems == []
    assert (verdict.holds, verdict.lines, len(verdict.proven)) == (True, 8, 7)
    said = "\n".join(verdict.sentences())
    assert "PROVEN ONLY IF THE HASH BELOW IS THE SITE'S: 7 of 8 lines" in said
    assert f"Not proven: {good['lines'][-1]['id']}." in said
    assert f"{good['accounts'][0]['key']} had 6.00 dollars after line" in said
    assert good["days"][-1]["chained"] in said


def test_it_names_nobody_else(good: Json, sam: User) -> None:
    text = json.dumps(good)
    assert sam.login not in text
    assert f"user:{sam.pk}:" not in text


def test_the_saved_roots_are_compared(good: Json, history: User) -> None:
    saved = roots()
    verdict = verify(good, saved)
    assert (verdict.compared, len(verdict.proven)) == (3, 7)
    assert next(verdict.sentences()).startswith("PROVEN: 7 of 8 lines")
    saved["days"][1]["chained"] = "0" * 64
    assert "another one than in the list" in verify(good, saved).problems[0]
    saved["days"] = []
    assert "has none of the days" in verify(good, saved).problems[0]
    text = re.sub(r"[0-9a-f]{64}", "", json.dumps(roots()))  # any hash may happen to spell a name
    assert history.login not in text
    assert "user:" not in text


def test_a_period_in_the_middle_is_proven_with_what_there_was_before_and_after(history: User) -> None:
    found = made(history, Period(NOON + DAY / 2, NOON + 3 * DAY / 2))
    main = next(account for account in found["accounts"] if account["key"].endswith(":main"))
    assert (main["opening"], main["closing"]) == (200, 400)
    assert [day["day"] for day in found["days"]] == ["2026-03-03", "2026-03-04"]
    assert verify(found).problems == []


def test_a_period_without_movements_proves_what_there_was_by_the_lines_before_it(history: User) -> None:
    seal_what_is_over(NOON + 10 * DAY)
    found = made(history, Period(NOON + 20 * DAY, None))
    assert [(a["opening"], a["closing"]) for a in found["accounts"]] == [(700, 700), (700, 700)]
    assert found["lines"] == []
    verdict = verify(found, roots())
    assert (verdict.holds, verdict.lines, len(verdict.proven)) == (True, 2, 2)
    for account in found["accounts"]:
        assert f"{account['key']} had 7.00 dollars after line {account['last']['id']}." in verdict.balances
    others = deepcopy(found)
    others["accounts"][1]["last"] = others["accounts"][0]["last"]  # of as much money, but on another balance
    assert "not one that" in verify(others).problems[0]
    found["accounts"][1]["opening"] = found["accounts"][1]["closing"] = 777
    assert "not one that" in verify(found).problems[0]
    found["accounts"][1]["last"] = None
    assert "No line of" in verify(found).unproven[0]


def test_a_period_without_movements_shows_what_there_was_then_and_not_what_came_later(bea: User) -> None:
    for nth in range(2):
        give(bea, dollars(5), now=NOON + nth * 10 * DAY)
    (main,) = lines.sections(bea, Period(NOON + 4 * DAY, NOON + 6 * DAY), most=10)
    assert (main.lines, main.opening, main.closing) == ([], dollars(5), dollars(5))


def test_before_anything_is_sealed_nothing_is_proven(history: User, sten: User) -> None:
    for found in (made(sten), made(history, Period(NOON + 5 * DAY / 2, None))):
        verdict = verify(found)
        assert (verdict.problems, verdict.holds) == ([], False)
        assert next(verdict.sentences()).startswith("NOT PROVABLE.")


def test_a_list_of_roots_that_was_saved_earlier_proves_as_far_as_it_goes(good: Json) -> None:
    saved = roots()
    del saved["days"][-1]
    verdict = verify(good, saved)
    assert (verdict.holds, verdict.compared, len(verdict.proven), len(verdict.waiting)) == (True, 2, 5, 3)
    assert "PROVEN: 5 of 8 lines" in next(verdict.sentences())
    del saved["days"][-1]
    hidden = next(line for line in good["lines"] if line["seal"] and line["seal"]["day"] == "2026-03-03")
    hidden["seal"] = None  # younger than the list, but its day is sealed all the same
    assert f"Line {hidden['id']} is of 2026-03-03 but not proven" in " ".join(verify(good, saved).problems)


def _line(number: int = 1) -> Callable[[Json], Json]:
    return lambda found: found["lines"][number]


def _amount(found: Json) -> None:
    line = found["lines"][1]
    line["amount"] += 100


def _amount_and_all_after_it(found: Json) -> None:
    for line in found["lines"]:
        if line["account"].endswith(":main"):
            line["balance_after"] += 100
    found["accounts"][0]["opening"] += 100
    found["accounts"][0]["closing"] += 100


def _drop(found: Json) -> None:
    del found["lines"][2]


def _drop_and_mend(found: Json) -> None:
    """With every later balance and link made to fit."""
    mains = [line for line in found["lines"] if line["account"].endswith(":main")]
    gone, after = mains[1], mains[2]
    found["lines"].remove(gone)
    after["before"] = gone["before"]
    for line in mains[2:]:
        line["balance_after"] -= gone["amount"]
    found["accounts"][0]["closing"] -= gone["amount"]


def _swap_paths(found: Json) -> None:
    first, second = (line["seal"] for line in found["lines"][:2])
    first["path"], second["path"] = second["path"], first["path"]


def _swap_places(found: Json) -> None:
    first, second = (line["seal"] for line in found["lines"][:2])
    first["index"], second["index"] = second["index"], first["index"]


def _long_path(found: Json) -> None:
    found["lines"][0]["seal"]["path"].append("0" * 64)


def _far_place(found: Json) -> None:
    found["lines"][0]["seal"]["index"] += 2**40


def _header(found: Json) -> None:
    found["days"][1]["root"] = "0" * 64


def _header_and_hash(found: Json) -> None:
    """A day forged whole, but what follows it was chained to the true one."""
    day = found["days"][0]
    day["totals"]["main"] += 1
    day["totals"]["bonus"] -= 1
    root, totals = bytes.fromhex(day["root"]), day["totals"]
    previous = bytes.fromhex(day["previous"]) if day["previous"] else verifier.GENESIS
    day["chained"] = verifier.chain_hash(previous, day["day"], day["count"], root, totals).hex()


def _totals(found: Json) -> None:
    day = found["days"][-1]
    day["totals"]["main"] += 1
    previous = bytes.fromhex(day["previous"])
    day["chained"] = verifier.chain_hash(
        previous, day["day"], day["count"], bytes.fromhex(day["root"]), day["totals"]
    ).hex()


def _skip_a_day(found: Json) -> None:
    del found["days"][1]


def _turn_days_around(found: Json) -> None:
    found["days"].reverse()


def _leave_out_the_day(found: Json) -> None:
    found["days"] = found["days"][1:]


def _double(found: Json) -> None:
    found["lines"].insert(1, deepcopy(found["lines"][0]))


def _unsealed_forgery(found: Json) -> None:
    """A line of today that does not follow from the one before it."""
    found["lines"][-1]["amount"] = 10**9


def _opens_rich(found: Json) -> None:
    found["accounts"][0]["opening"] = 5


def _closes_rich(found: Json) -> None:
    found["accounts"][0]["closing"] += 5


ATTACKS: dict[Callable[[Json], None], str] = {
    _amount: "does not follow",
    _amount_and_all_after_it: "is not what was sealed",
    _drop: "left out",
    _drop_and_mend: "is not what was sealed",
    _swap_paths: "is not what was sealed",
    _swap_places: "is not what was sealed",
    _long_path: "is not what was sealed",
    _far_place: "does not have",
    _header: "does not follow from what the day says",
    _header_and_hash: "is not chained",
    _totals: "do not sum to zero",
    _skip_a_day: "is not chained",
    _turn_days_around: "does not come after",
    _leave_out_the_day: "leaves out",
    _double: "same place",
    _unsealed_forgery: "does not follow",
    _opens_rich: "does not follow",
    _closes_rich: "closing balance",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.strip("_"))
def test_every_forgery_is_found(good: Json, attack: Callable[[Json], None]) -> None:
    assert verify(good).holds
    attack(good)
    problems = verify(good).problems
    assert [each for each in problems if ATTACKS[attack] in each], problems


def test_a_line_of_somebody_else_is_found(good: Json, sam: User) -> None:
    others = made(sam)
    good["lines"] = sorted([*good["lines"], others["lines"][0]], key=lambda line: line["id"])
    assert "another account" in verify(good).problems[0]
    good["accounts"] = [good["accounts"][0], others["accounts"][0]]
    assert [each for each in verify(good).problems if "do not belong to one user" in each]


def test_an_order_s_escrow_is_no_balance_of_a_user(good: Json) -> None:
    good["accounts"][0]["key"] = "escrow:order:1"
    assert "do not belong to one user" in verify(good).problems[0]


def _a_root(day: str, chained: str | None) -> dict[str, object]:
    return {"format": verifier.ROOTS_FORMAT, "days": [{"day": day, "chained": chained}]}


MALFORMED = {
    "nothing": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a number": b"1",
    "nested": b"[" * 200_000,
    "nested objects": b'{"a":' * 100_000,
    "another format": b'{"format": "x", "accounts": [], "lines": [], "days": []}',
    "a large number": b'{"a": ' + b"9" * 10_000 + b"}",
    "infinity": b'{"a": Infinity}',
    "a name twice": b'{"format": "a", "format": "b"}',
}


@pytest.mark.parametrize("what", MALFORMED)
def test_what_is_no_statement_gets_a_sentence(tmp_path: Path, what: str) -> None:
    file = tmp_path / "statement.json"
    file.write_bytes(MALFORMED[what])
    verdict = verify_file(str(file))
    assert len(verdict.problems) == 1
    assert verdict.problems[0].endswith(".")


def test_what_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    assert "cannot be read" in verify_file(str(tmp_path / "none.json")).problems[0]
    assert "cannot be read" in verify_file(str(tmp_path)).problems[0]


NO_ROOTS: dict[str, tuple[object, str]] = {
    "a list": ([], "The list of roots is not in the format."),
    "another format": ({"format": "x", "days": []}, "not a list of roots of the format workhall-roots-1"),
    "no day": (_a_root("2026-02-30", "0" * 64), "A day of the list of roots is not in the format."),
    "no hash": (_a_root("2026-02-28", None), "A day of the list of roots lacks “chained”"),
    "nothing of its days": (_a_root("2020-01-01", "0" * 64), "has none of the days of this statement"),
}


@pytest.mark.parametrize("what", NO_ROOTS)
def test_a_saved_list_of_roots_is_read_with_the_same_care(good: Json, tmp_path: Path, what: str) -> None:
    statement, saved = tmp_path / "statement.json", tmp_path / "roots.json"
    content, sentence = NO_ROOTS[what]
    statement.write_text(json.dumps(good))
    saved.write_text(json.dumps(roots()))
    assert verify_file(str(statement), str(saved)).compared == 3
    saved.write_text(json.dumps(content))
    verdict = verify_file(str(statement), str(saved))
    assert not verdict.holds
    assert sentence in " ".join(verdict.problems)


WRONG: list[Any] = [None, True, 1.5, -1, "x", [], {}, [[]], "0" * 63, "A" * 64, 10**17]


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_every_part_may_be_of_any_type(good: Json, value: Any) -> None:
    """Each place of the statement in turn holds something else: never more than a sentence comes of it."""
    for path in _places(good):
        forged = deepcopy(good)
        place = forged
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert isinstance(list(verify(forged).sentences()), list)


def _places(good: Json) -> list[list[Any]]:
    seal = ["lines", 0, "seal"]
    found: list[list[Any]] = [[name] for name in good]
    found += [["accounts", 0, name] for name in good["accounts"][0]] + [["lines", 0, name] for name in good["lines"][0]]
    found += [[*seal, name] for name in good["lines"][0]["seal"]] + [[*seal, "path", 0]]
    found += [["days", 0, name] for name in good["days"][0]] + [["days", 0, "totals", "main"]]
    return [*found, ["lines", 0], ["lines", 0, "seal"], ["days", 0], ["accounts", 0]]


class TestAlone:
    def test_the_verifier_needs_nothing_but_python(self, good: Json, tmp_path: Path) -> None:
        file, saved = tmp_path / "statement.json", tmp_path / "roots.json"
        file.write_text(json.dumps(good))
        saved.write_text(json.dumps(roots()))
        alone = tmp_path / "verifier.py"
        alone.write_bytes(Path(verifier.__file__).read_bytes())
        run = [sys.executable, "-I", "-S", str(alone)]
        done = subprocess.run([*run, str(file), "--roots", str(saved)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("PROVEN: 7 of 8")
        _amount(good)
        file.write_text(json.dumps(good))
        done = subprocess.run([*run, str(file)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, "")
        assert "NOT PROVEN" in done.stdout

    def test_the_command_says_the_same(self, good: Json, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "statement.json"
        file.write_text(json.dumps(good))
        call_command("verify_statement", str(file))
        assert "7 of 8 lines stand in the sealed ledger" in capsys.readouterr().out
        file.write_text("{}")
        with pytest.raises(SystemExit) as ended:
            call_command("verify_statement", str(file))
        assert ended.value.code == 1
        assert "NOT PROVEN" in capsys.readouterr().out


def test_an_entry_between_two_of_one_account_cannot_hide(good: Json, history: User) -> None:
    """Two lines that cancel each other out leave the balance as it was; the link to the line before tells of them."""
    assert ledger.balance(ledger.main_of(history)) == dollars(7)
    mains = [line for line in good["lines"] if line["account"].endswith(":main")]
    for line in mains[1:3]:
        good["lines"].remove(line)
    shift = mains[2]["balance_after"] - mains[0]["balance_after"]
    for line in mains[3:]:
        line["balance_after"] -= shift
    good["accounts"][0]["closing"] -= shift
    assert [each for each in verify(good).problems if "left out" in each]
