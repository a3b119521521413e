"""Uploads that arrive in parts: what was announced, who sends it now, and the parts that the store already holds."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, BigSerial, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from server.accounts.tables import Person
from server.columns import belongs_to, moment, primary_key
from server.contests.tables import Entry, EntryFile


class Upload(Table, tablename="upload"):
    """A file on its way into an entry; `state` is sending, checking, done, refused or ended.

    `size` is null while its sender has not said it; `first_hash` is the sender's SHA-256 of the first 64 KiB. `holder`
    names the request that may add parts: a newer one takes it over. `whole_key` is where the parts are being joined,
    `problem` why it was refused. How far it has come is said by its parts, never by a counter.
    """

    id: BigSerial = primary_key()
    code = Varchar(length=40, unique=True)
    entry = belongs_to(Entry)
    kind = Varchar(length=40)
    file_name = Varchar(length=255)
    size = BigInt(null=True, default=None)
    first_hash = Varchar(length=64, default="")
    replaces = belongs_to(EntryFile, null=True, index=False)
    person = belongs_to(Person)
    state = Varchar(length=10, default="sending", index=True)
    holder = Varchar(length=40, default="")
    whole_key = Varchar(length=200, default="")
    file = belongs_to(EntryFile, null=True, index=False)
    problem = JSONB(null=True, default=None)
    created_at = moment()
    expires_at = moment()
    received_at = moment(null=True)
    finished_at = moment(null=True)


class UploadPart(Table, tablename="upload_part"):
    """Bytes [start, start + size) of an upload, written only after the store has made them durable."""

    id: BigSerial = primary_key()
    upload = belongs_to(Upload, index=False)
    start = BigInt()
    size = BigInt()
    storage_key = Varchar(length=200, unique=True)
    upload_part_one_per_start = Unique([upload, start])
