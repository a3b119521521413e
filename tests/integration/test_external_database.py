"""An external PostgreSQL by one setting: the same code, as an owner who is no superuser."""

from __future__ import annotations

import uuid
from dataclasses import replace
from urllib.parse import quote

import asyncpg
import pytest

from server.db import fetch
from server.embedded import EmbeddedPostgres
from server.runtime import dsn_of_url, running
from server.settings import Settings


@pytest.fixture
async def url(postgres: EmbeddedPostgres) -> str:
    """The address of an empty database whose owner may make roles and nothing more."""
    name = f"ext_{uuid.uuid4().hex[:12]}"
    owner = await asyncpg.connect(**postgres.dsn())
    await owner.execute(f"create role {name} login createrole password 'a:b@c'")
    await owner.execute(f"grant hoithi_app, hoithi_judge to {name} with admin option")
    await owner.execute(f"create database {name} owner {name}")
    await owner.close()
    return f"postgresql://{name}:{quote('a:b@c', safe='')}@localhost:{postgres.dsn()['port']}/{name}?host={postgres.dsn()['host']}"


async def test_the_service_runs_on_it(url: str, settings: Settings) -> None:
    for _ in range(2):
        async with running(replace(settings, database_url=url)):
            assert (await fetch("select count(*) as n from contest"))[0]["n"] == 0
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await fetch("delete from audit_event")
    assert not (settings.data_dir / "postgres").exists()


def test_an_address_is_read_with_its_defaults() -> None:
    assert dsn_of_url("postgresql://u:p%40@db.example:6000/x") == {
        "host": "db.example", "port": 6000, "user": "u", "password": "p@", "database": "x",
    }  # fmt: skip
    assert dsn_of_url("postgresql:///")["database"] == "hoithi"
