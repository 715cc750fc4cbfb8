"""One sandbox process for all the tests here; each test gets it empty."""

from collections.abc import Iterator

import pytest
from stripe import StripeClient

from tests.sandbox import SandboxProcess, WebhookReceiver, until


@pytest.fixture(scope="package")
def receiver_process() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="package")
def sandbox_process(
    tmp_path_factory: pytest.TempPathFactory, receiver_process: WebhookReceiver
) -> Iterator[SandboxProcess]:
    folder = tmp_path_factory.mktemp("sandbox")
    with SandboxProcess(folder, webhook=receiver_process.url, merchant="Workhall") as sandbox:
        yield sandbox


@pytest.fixture
def receiver(receiver_process: WebhookReceiver) -> WebhookReceiver:
    receiver_process.status = 200
    receiver_process.received.clear()
    return receiver_process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess, receiver: WebhookReceiver) -> SandboxProcess:
    # What the last test left on its way would arrive in this one.
    until(lambda: not sandbox_process.pending(), "the webhooks of the test before")
    sandbox_process.control("reset")
    receiver.received.clear()
    return sandbox_process


@pytest.fixture
def stripe(sandbox: SandboxProcess) -> StripeClient:
    return sandbox.client()
