"""Every public address has one place."""

from __future__ import annotations

from collections import Counter

from django.urls import URLResolver

from marketplace.urls import urlpatterns


def test_each_room_is_entered_once() -> None:
    rooms = Counter(str(each.urlconf_name) for each in urlpatterns if isinstance(each, URLResolver))
    assert [room for room, times in rooms.items() if times > 1] == []
