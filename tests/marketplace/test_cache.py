"""A page needs no Valkey."""

import os
import time

import pytest

from marketplace.cache import ForgivingCache
from marketplace.launcher.ports import free_port


@pytest.fixture
def lost() -> ForgivingCache:
    """A cache whose server is not there."""
    return ForgivingCache(f"redis://127.0.0.1:{free_port()}/0", {})


@pytest.fixture
def here() -> ForgivingCache:
    return ForgivingCache(os.environ["REDIS_URL"], {"KEY_PREFIX": "test-cache"})


def test_without_a_server_nothing_is_found_and_nothing_fails(lost: ForgivingCache) -> None:
    began = time.monotonic()
    lost.set("word", "kept")
    lost.set_many({"word": "kept"})
    assert lost.get("word", "default") == "default"
    assert lost.get_many(["word"]) == {}
    assert lost.add("word", "kept") is False
    assert lost.touch("word") is False
    assert lost.has_key("word") is False
    assert lost.delete("word") is False
    lost.delete_many(["word"])
    with pytest.raises(ValueError, match="cannot be counted"):
        lost.incr("word")
    assert time.monotonic() - began < 1  # a visitor is waiting


def test_with_a_server_it_is_a_cache(here: ForgivingCache) -> None:
    here.set("word", "kept")
    assert here.get("word") == "kept"
    assert here.add("word", "other") is False
    here.set("count", 1)
    assert here.incr("count") == 2
    here.delete_many(["word", "count"])
    assert here.get_many(["word", "count"]) == {}
