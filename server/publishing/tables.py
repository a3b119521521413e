"""Publications as they were signed, who approved them, and when they went out; all append-only."""

from __future__ import annotations

from piccolo.columns import BigSerial, Integer, Text, Varchar
from piccolo.table import Table

from server.accounts.tables import Person
from server.columns import belongs_to, moment, primary_key
from server.contests.tables import Contest


class Publication(Table, tablename="publication"):
    """One prepared version of a contest's results: `envelope` holds the exact signed bytes as text.

    `basis` is a digest of the decided standings that it was made from.
    """

    id: BigSerial = primary_key()
    contest = belongs_to(Contest)
    version = Integer()
    envelope = Text()
    digest = Varchar(length=80)
    previous_digest = Varchar(length=80, null=True, default=None)
    reason = Text(default="")
    basis = Varchar(length=80)
    prepared_by = belongs_to(Person)
    prepared_at = moment()


class Approval(Table, tablename="approval"):
    """An organizer's yes to a prepared publication; `withdrawn` is a later row that takes it back."""

    id: BigSerial = primary_key()
    publication = belongs_to(Publication)
    person = belongs_to(Person)
    verdict = Varchar(length=10, default="approved")
    at = moment()


class Release(Table, tablename="release"):
    """The moment a publication became public; `outcome` is published or discarded."""

    id: BigSerial = primary_key()
    publication = belongs_to(Publication, unique=True)
    outcome = Varchar(length=10, default="published")
    person = belongs_to(Person)
    at = moment()
