"""Idempotency, faults, restarts and what the process refuses to start with."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from stripe import APIConnectionError, APIError, IdempotencyError, RateLimitError, StripeClient

from tests.finance.sandbox.sessions import a_session, seen_again, top_up_params, url_of
from tests.sandbox import (
    PATIENCE_SECONDS,
    ROOT,
    SandboxProcess,
    WebhookReceiver,
    clean_environment,
    send,
    until,
)


def test_the_same_key_and_body_give_the_same_answer(stripe: StripeClient) -> None:
    first = stripe.v1.checkout.sessions.create(top_up_params(), {"idempotency_key": "top-up-7"})
    again = stripe.v1.checkout.sessions.create(top_up_params(), {"idempotency_key": "top-up-7"})
    assert again.id == first.id
    assert len(stripe.v1.checkout.sessions.list().data) == 1


def test_the_same_key_with_another_body_is_refused(stripe: StripeClient) -> None:
    stripe.v1.checkout.sessions.create(top_up_params(), {"idempotency_key": "top-up-7"})
    with pytest.raises(IdempotencyError) as refused:
        stripe.v1.checkout.sessions.create(top_up_params(9900), {"idempotency_key": "top-up-7"})
    assert refused.value.http_status == 400
    assert len(stripe.v1.checkout.sessions.list().data) == 1


def test_an_answer_lost_on_the_way_is_had_by_asking_again(stripe: StripeClient, sandbox: SandboxProcess) -> None:
    sandbox.control("faults", {"fail_next": 1, "http_status": 0, "fail_when": "after"})
    with pytest.raises(APIConnectionError):
        stripe.v1.checkout.sessions.create(top_up_params(), {"idempotency_key": "once"})
    stripe.v1.checkout.sessions.create(top_up_params(), {"idempotency_key": "once"})
    assert len(stripe.v1.checkout.sessions.list().data) == 1


def test_the_sdk_gets_over_a_fault_by_itself(sandbox: SandboxProcess) -> None:
    sandbox.control("faults", {"fail_next": 1, "http_status": 503})
    assert a_session(sandbox.client(retries=1)).status == "open"


@pytest.mark.parametrize(("status", "error"), [(500, APIError), (429, RateLimitError)])
def test_so_many_requests_fail_as_were_ordered(
    stripe: StripeClient, sandbox: SandboxProcess, status: int, error: type[Exception]
) -> None:
    sandbox.control("faults", {"fail_next": 2, "http_status": status})
    for _ in range(2):
        with pytest.raises(error):
            a_session(stripe)
    assert stripe.v1.checkout.sessions.list().data == []


def test_unknown_faults_and_foreign_pages_are_refused_by_the_control_api(sandbox: SandboxProcess) -> None:
    with pytest.raises(AssertionError, match="Unknown fault"):
        sandbox.control("faults", {"fail_nxt": 1})
    status, _, _ = send("POST", f"{sandbox.url}/_control/reset", "", {"Content-Type": "text/plain"})
    assert status == 403


def test_a_kill_loses_neither_what_was_answered_nor_webhooks_on_their_way(
    tmp_path: Path, receiver: WebhookReceiver
) -> None:
    receiver.status = 500
    with SandboxProcess(tmp_path, webhook=receiver.url) as sandbox:
        stripe = sandbox.client()
        session = stripe.v1.checkout.sessions.create(top_up_params(), {"idempotency_key": "key"})
        assert sandbox.pay(url_of(session)).status == 303
        receiver.wait_for("checkout.session.completed")
        sandbox.kill()
        receiver.received.clear()
        receiver.status = 200
        sandbox.start()
        receiver.wait_for("checkout.session.completed")
        assert seen_again(stripe, session).payment_status == "paid"
        replayed = stripe.v1.checkout.sessions.create(top_up_params(), {"idempotency_key": "key"})
        assert replayed.id == session.id
        assert sandbox.stop() == 0
        sandbox.start()
        assert len(stripe.v1.charges.list().data) == 1


def test_a_dispute_that_was_due_during_a_standstill_comes_afterwards(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, dispute_after=3600) as sandbox:
        assert sandbox.pay(url_of(a_session(sandbox.client())), "4000 0000 0000 0259").status == 303
        sandbox.kill()
        sandbox.start()
        assert sandbox.client().v1.disputes.list().data == []
        sandbox.control("clock", {"advance": 3600})
        assert len(sandbox.client().v1.disputes.list().data) == 1


def _started(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "finance.sandbox", "--state", str(folder / "other.sqlite3"), *arguments],
        cwd=ROOT,
        env={**clean_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def test_it_does_not_start_with_a_live_key(tmp_path: Path) -> None:
    ended = _started(tmp_path, "--port", "0", STRIPE_SECRET_KEY="sk_live_abc")
    assert ended.returncode == 2
    assert "refuses to start with a live key" in ended.stderr
    assert "sk_live_abc" not in ended.stderr
    assert not (tmp_path / "other.sqlite3").exists()


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path, sandbox: SandboxProcess) -> None:
    ended = _started(tmp_path, "--port", str(sandbox.port))
    assert ended.returncode == 2
    assert ended.stderr.strip() == (
        f"Port {sandbox.port} is already in use. Stop what is listening there or choose another --port."
    )


def test_a_state_file_in_use_or_of_another_kind_is_said_in_one_sentence(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    shared = _started(tmp_path, "--port", "0", "--state", str(sandbox.state))
    assert (shared.returncode, "Another payment sandbox" in shared.stderr) == (2, True)
    foreign = tmp_path / "notes.txt"
    foreign.write_text("These are not the objects you are looking for. " * 40)
    wrong = _started(tmp_path, "--port", "0", "--state", str(foreign))
    assert (wrong.returncode, "is not a state file" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("written", ["", "[]", '{"life": "first"}'])
def test_a_file_of_openings_that_tells_nothing_is_said_in_one_sentence(tmp_path: Path, written: str) -> None:
    told = tmp_path / "openings.json"
    told.write_text(written)
    ended = _started(tmp_path, "--port", "0", "--openings", str(told))
    assert ended.returncode == 2
    assert ended.stderr.strip().endswith(
        "does not tell what came before the payment sandbox. Delete it and start again."
    )


def test_webhooks_without_a_secret_are_refused(tmp_path: Path) -> None:
    ended = _started(tmp_path, "--port", "0", "--webhook", "http://127.0.0.1:1/")
    assert (ended.returncode, "whsec_" in ended.stderr) == (2, True)


def test_an_interrupt_ends_it_cleanly(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        assert sandbox.process is not None
        sandbox.process.send_signal(signal.SIGINT)
        assert until(lambda: sandbox.process is not None and sandbox.process.poll() is not None, "the end")
        assert sandbox.process.returncode == 0
