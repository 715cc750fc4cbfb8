"""Lines that no seal vouches for, as the owner of a genuine statement could add them, are not believed (FIN-06)."""

from __future__ import annotations

import pytest

from finance import verifier
from finance.statements.proven import roots
from finance.verifier import verify
from tests.finance.told import Json

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]


def _invented(found: Json, at: str, seal: Json | None = None) -> Json:
    """A line at the end of the main balance, of which everything adds up."""
    account = found["accounts"][0]
    before = next((line["id"] for line in reversed(found["lines"]) if line["account"] == account["key"]), None)
    balance = account["closing"] + 10**9
    line = {"id": 10**9, "entry": "x", "verb": "top_up", "reference": "", "at": f"{at}T12:00:00.000000+00:00"}
    line |= {"account": account["key"], "amount": 10**9, "balance_after": balance, "before": before, "seal": seal}
    account["closing"] = balance
    found["lines"].append(line)
    return line


def _sealed_by_hand(found: Json, day: str, at: str) -> None:
    """A day of one's own that is chained to the last true one, with the invented line in it."""
    line = _invented(found, at, {"day": day, "index": 0, "salt": "0" * 64, "path": []})
    root = verifier.leaf_hash(bytes(32), {name: line[name] for name in verifier.FACTS})
    last = found["days"][-1]
    chained = verifier.chain_hash(bytes.fromhex(last["chained"]), day, 1, root, last["totals"]).hex()
    made_up = {"day": day, "count": 1, "root": root.hex(), "previous": last["chained"], "chained": chained}
    found["days"].append({**made_up, "totals": last["totals"]})


@pytest.mark.parametrize("with_roots", [False, True])
def test_a_statement_of_nothing_but_inventions(good: Json, with_roots: bool) -> None:
    key = good["accounts"][0]["key"]
    good["lines"], good["days"] = [], []
    good["accounts"] = [
        {"key": key, "opening": 0, "closing": 0, "last": None},
        {"key": key.replace("main", "bonus"), "opening": 777, "closing": 777, "last": None},
    ]
    _invented(good, "2020-01-01")
    verdict = verify(good, roots() if with_roots else None)
    assert not verdict.holds
    for account, said in zip(good["accounts"], verdict.unproven, strict=True):
        assert f"No line of {account['key']} is proven" in said
    assert "PROVEN:" not in "\n".join(verdict.sentences())


@pytest.mark.parametrize("at", ["2020-01-01", "2026-03-03"])
def test_an_old_line_without_a_seal_behind_genuine_ones(good: Json, at: str) -> None:
    del good["lines"][-1]
    good["accounts"][0]["closing"] -= 100
    _invented(good, at)
    assert verify(good).problems == [f"Line {10**9} is of {at} but not proven, though 2026-03-04 is sealed."]


def test_a_new_line_without_a_seal_is_not_among_what_is_proven(good: Json) -> None:
    _invented(good, "2026-03-05")
    verdict = verify(good, roots())
    assert 10**9 in verdict.waiting
    assert f"{good['accounts'][0]['key']} had 6.00 dollars after line" in verdict.balances[0]


def test_days_cut_off_are_found_with_the_list(good: Json) -> None:
    """Without its newest days a genuine statement has room for an invention; the list knows that they are over."""
    good["days"] = good["days"][:2]
    good["lines"] = [line for line in good["lines"] if line["seal"] and line["seal"]["day"] < "2026-03-04"]
    mains = [line for line in good["lines"] if line["account"].endswith(":main")]
    good["accounts"][0]["closing"] = mains[-1]["balance_after"]
    _invented(good, "2026-03-03")
    assert 10**9 in verify(good).waiting
    assert f"Line {10**9} is of 2026-03-03" in verify(good, roots()).problems[0]


def test_a_day_that_no_calendar_has(good: Json) -> None:
    del good["lines"][-1]
    good["accounts"][0]["closing"] -= 100
    _sealed_by_hand(good, "2026-03-32", "2026-03-04")
    assert verify(good, roots()).problems == ["A day is not in the format."]


def test_a_day_out_of_turn(good: Json) -> None:
    _sealed_by_hand(good, "2026-03-06", "2026-03-06")
    assert "is not the day after" in verify(good, roots()).problems[0]


def test_a_day_that_the_list_does_not_have(good: Json) -> None:
    del good["lines"][-1]
    good["accounts"][0]["closing"] -= 100
    _sealed_by_hand(good, "2026-03-05", "2026-03-05")
    verdict = verify(good, roots())
    assert (verdict.waiting, len(verdict.proven)) == ([10**9], 7)
    assert "Do not rely on them" in "\n".join(verdict.sentences())
    good["lines"] = good["lines"][-1:]
    good["accounts"][0]["opening"] = good["lines"][0]["balance_after"] - 10**9
    del good["accounts"][1]
    assert "No line of" in verify(good, roots()).unproven[0]


def test_an_old_line_in_a_day_that_the_list_does_not_have(good: Json) -> None:
    del good["lines"][-1]
    good["accounts"][0]["closing"] -= 100
    _sealed_by_hand(good, "2026-03-05", "2020-01-01")
    assert "but not proven" in verify(good, roots()).problems[0]


def test_a_list_with_a_gap(good: Json) -> None:
    saved = roots()
    del saved["days"][1]
    assert "does not know the day 2026-03-03" in verify(good, saved).problems[0]
