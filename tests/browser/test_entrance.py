"""The way in, as a person takes it: an invitation opened, a password typed, the language switched before that."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from server.accounts.services.invitations import make_invitation
from server.db import unit_of_work
from tests.browser.conftest import OpenPage
from tests.world import make_world


@pytest.mark.parametrize("scripts", [True, False])
async def test_an_invited_person_types_a_password_and_is_in(open_page: OpenPage, scripts: bool):
    world = await make_world()
    async with unit_of_work():
        token = await make_invitation(world.people["officer_a"])
    page = await open_page("phone", scripts=scripts)
    await page.goto(f"/invitations/{token}")
    await page.get_by_role("button", name="EN").click()
    await expect(page.get_by_label("New password")).to_be_visible()
    await page.get_by_label("New password").fill("ngắn")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("New password").fill("con mèo béo ngủ trên mái")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/entries$"))
