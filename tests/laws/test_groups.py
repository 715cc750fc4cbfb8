"""Tests that share something expensive, such as the running site, are in one process."""

from __future__ import annotations

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is one process only")
def test_tests_of_a_group_are_sent_to_one_process(request: pytest.FixtureRequest) -> None:
    """xdist knows a group by the end of the test's id; without it each process would start a site and make a demo of its own."""
    assert request.node.nodeid.endswith("@laws")
