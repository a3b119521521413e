"""A contest with its categories, file rules and prizes; entries, their files and their receipts."""

from __future__ import annotations

from piccolo.columns import JSONB, Array, BigInt, BigSerial, Boolean, Integer, Text, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from server.accounts.tables import Person, Unit
from server.columns import belongs_to, moment, primary_key


class Contest(Table, tablename="contest"):
    """One contest; `state` is draft, open, closed, judging, decided or published.

    An upload begun before `closes_at` may finish `grace_minutes` after it.
    """

    id: BigSerial = primary_key()
    code = Varchar(length=40, unique=True)
    title_vi = Varchar(length=300)
    title_en = Varchar(length=300)
    host_unit = belongs_to(Unit)
    timezone = Varchar(length=60)
    opens_at = moment(null=True)
    closes_at = moment(null=True)
    grace_minutes = Integer(default=30)
    approvals = Integer(default=1)
    per_unit_max = Integer(default=0)
    state = Varchar(length=12, default="draft")
    created_at = moment()


class Category(Table, tablename="category"):
    """A category of a contest, such as group or individual."""

    id: BigSerial = primary_key()
    contest = belongs_to(Contest)
    code = Varchar(length=40)
    title_vi = Varchar(length=300)
    title_en = Varchar(length=300)
    position = Integer()
    category_one_code_per_contest = Unique([contest, code])


class FileRule(Table, tablename="file_rule"):
    """Which files of one kind an entry carries; sizes in bytes."""

    id: BigSerial = primary_key()
    contest = belongs_to(Contest)
    kind = Varchar(length=40)
    extensions = Array(base_column=Varchar(length=10))
    max_bytes = BigInt()
    max_count = Integer()
    required = Boolean(default=False)
    position = Integer()
    file_rule_one_kind_per_contest = Unique([contest, kind])


class DeadlineExtension(Table, tablename="deadline_extension"):
    """A later deadline for one unit, with its reason; the newest that was not taken back holds."""

    id: BigSerial = primary_key()
    contest = belongs_to(Contest)
    unit = belongs_to(Unit)
    closes_at = moment()
    reason = Text()
    person = belongs_to(Person)
    at = moment()
    taken_back_at = moment(null=True)
    taken_back_by = belongs_to(Person, null=True)


class Prize(Table, tablename="prize"):
    """A prize and how many of it are given, in order of rank."""

    id: BigSerial = primary_key()
    contest = belongs_to(Contest)
    title_vi = Varchar(length=300)
    title_en = Varchar(length=300)
    quantity = Integer()
    position = Integer()


class Entry(Table, tablename="entry"):
    """What a unit enters; `state` is draft, submitted, returned, valid or withdrawn.

    `version` rises by one with each edit; `submitted_at` is the database's clock at the last submit, `late` says
    that it came after the deadline.
    """

    id: BigSerial = primary_key()
    contest = belongs_to(Contest)
    code = Varchar(length=40)
    title = Varchar(length=300)
    category = belongs_to(Category)
    unit = belongs_to(Unit)
    authors = Array(base_column=Varchar(length=200))
    state = Varchar(length=12, default="draft", index=True)
    version = Integer(default=1)
    submitted_at = moment(null=True)
    late = Boolean(default=False)
    message = Text(default="")
    created_by = belongs_to(Person)
    created_at = moment()
    entry_one_code_per_contest = Unique([contest, code])


class EntryFile(Table, tablename="entry_file"):
    """A file of an entry as the store holds it; `removed_at` keeps what a replacement displaced.

    The upload lasted from `begun_at` to `uploaded_at`. `derived_state` is waiting, ready or failed; the judge's copy
    without metadata is `derived_key`, its length `derived_seconds` or `derived_pages`. `scan_state` is waiting, held
    (the scanner did not answer yet), clean, skipped (no scanner, or too large for it) or refused (`scan_found`).
    """

    id: BigSerial = primary_key()
    entry = belongs_to(Entry)
    kind = Varchar(length=40)
    file_name = Varchar(length=255)
    media_type = Varchar(length=100)
    size = BigInt()
    sha256 = Varchar(length=64)
    storage_key = Varchar(length=200, unique=True)
    uploaded_by = belongs_to(Person)
    begun_at = moment(null=True)
    uploaded_at = moment()
    removed_at = moment(null=True)
    derived_state = Varchar(length=10, default="waiting")
    derived_key = Varchar(length=200, null=True, default=None)
    derived_type = Varchar(length=100, null=True, default=None)
    derived_size = BigInt(null=True, default=None)
    derived_problem = Varchar(length=200, null=True, default=None)
    derived_seconds = Integer(null=True, default=None)
    derived_pages = Integer(null=True, default=None)
    scan_state = Varchar(length=10, default="waiting")
    scan_found = Varchar(length=200, null=True, default=None)


class FilePreview(Table, tablename="file_preview"):
    """What the desk shows of a judge's copy at once: `kind` page, poster or pdf, numbered from 1; sizes in pixels."""

    id: BigSerial = primary_key()
    file = belongs_to(EntryFile)
    kind = Varchar(length=10)
    number = Integer()
    storage_key = Varchar(length=200, unique=True)
    media_type = Varchar(length=100)
    size = BigInt()
    width = Integer()
    height = Integer()
    file_preview_one_number_per_kind = Unique([file, kind, number])


class Receipt(Table, tablename="receipt"):
    """Proof of a submit: append-only; `document` lists title, files, sizes and SHA-256 at that moment."""

    id: BigSerial = primary_key()
    code = Varchar(length=40, unique=True)
    entry = belongs_to(Entry)
    version = Integer()
    idempotency_key = Varchar(length=100, null=True, default=None)
    payload_hash = Varchar(length=64, default="")
    document = JSONB(default="{}")
    person = belongs_to(Person)
    submitted_at = moment()
    late = Boolean(default=False)
    receipt_one_key_per_entry = Unique([entry, idempotency_key])
