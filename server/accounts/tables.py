"""Units, people, what they may do, and the secrets (hashed) that let them in."""

from __future__ import annotations

from piccolo.columns import Array, BigSerial, Boolean, Bytea, Date, Text, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from server.columns import belongs_to, moment, primary_key


class Unit(Table, tablename="unit"):
    """Who enters: a node of a renamable tree of any depth, valid between two dates."""

    id: BigSerial = primary_key()
    code = Varchar(length=40, unique=True)
    name = Varchar(length=300)
    kind = Varchar(length=60, default="")
    parent = belongs_to("self", null=True)
    email = Varchar(length=320, default="")
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)


class Person(Table, tablename="person"):
    """Somebody with an account; `password_hash` is null until an invitation was accepted.

    `proven_at`: when a mailed link set the password. `confined_to`: after a link that an organizer was shown, the
    contests whose roles count until then; null where all do.
    """

    id: BigSerial = primary_key()
    email = Varchar(length=320, unique=True)
    full_name = Varchar(length=200)
    locale = Varchar(length=5, default="vi")
    password_hash = Varchar(length=200, null=True, default=None)
    disabled = Boolean(default=False)
    created_at = moment()
    proven_at = moment(null=True)
    confined_to = Array(base_column=Varchar(length=40), null=True, default=None)


class Role(Table, tablename="role"):
    """What a person is in one contest: `kind` is organizer, judge or officer, on behalf of a unit."""

    id: BigSerial = primary_key()
    person = belongs_to(Person)
    kind = Varchar(length=12)
    contest = Varchar(length=40, index=True)
    unit = belongs_to(Unit)
    created_at = moment()
    role_one_kind_per_unit = Unique([person, kind, contest, unit])


class Session(Table, tablename="session"):
    """A signed-in browser: the token is stored hashed (SHA-256) only."""

    id: BigSerial = primary_key()
    token_hash = Bytea(unique=True)
    person = belongs_to(Person)
    created_at = moment()
    expires_at = moment()
    confirmed_at = moment()
    user_agent = Varchar(length=300, default="")


class Invitation(Table, tablename="invitation"):
    """A single-use link that lets a person set a password; the token is stored hashed.

    `mailed`: whether it went to the address itself. `confined_to`: the contest that a link opens which was shown to
    an organizer instead.
    """

    id: BigSerial = primary_key()
    token_hash = Bytea(unique=True)
    person = belongs_to(Person)
    created_at = moment()
    expires_at = moment()
    used_at = moment(null=True)
    mailed = Boolean(default=False)
    confined_to = Array(base_column=Varchar(length=40), null=True, default=None)


class ApiToken(Table, tablename="api_token"):
    """A token for the JSON API with its scopes ("read", "write"); stored hashed, revocable."""

    id: BigSerial = primary_key()
    token_hash = Bytea(unique=True)
    person = belongs_to(Person)
    name = Varchar(length=100)
    scopes = Array(base_column=Varchar(length=20))
    created_at = moment()
    revoked_at = moment(null=True)
    note = Text(default="")
