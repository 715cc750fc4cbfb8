"""A NUL character is refused at the door, wherever it comes in."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/users/%00/", "/search/?q=%00", "/agreements/user-agreement/%00/"])
def test_an_address_with_a_nul_is_refused(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400


def test_a_form_with_a_nul_in_a_name_or_a_value_is_refused(client: Client) -> None:
    assert client.post("/login/", {"login\0": "x"}).status_code == 400
    assert client.post("/login/", {"login": "x\0"}).status_code == 400
    assert client.post("/login/", {"login": "x"}).status_code != 400


def test_a_picture_name_too_long_for_a_file_system_is_not_found(client: Client) -> None:
    assert client.get("/media/kworks/" + "x" * 3000).status_code == 404
