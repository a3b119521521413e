"""What every domain writes in its transactions: jobs to do after commit, audit events, messages to send."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, BigSerial, Integer, Text, Varchar
from piccolo.table import Table

from server.columns import moment, primary_key


class Job(Table, tablename="job"):
    """One piece of work to do after commit; `state` is ready, running, done or dead."""

    id: BigSerial = primary_key()
    name = Varchar(length=80)
    args = JSONB(default="{}")
    unique_key = Varchar(length=200, null=True, default=None, unique=True)
    contest = Varchar(length=40, null=True, default=None, index=True)
    state = Varchar(length=10, default="ready", index=True)
    attempts = Integer(default=0)
    run_at = moment()
    leased_until = moment(null=True)
    last_error = Text(null=True, default=None)
    created_at = moment()
    finished_at = moment(null=True)


class AuditEvent(Table, tablename="audit_event"):
    """Who changed what and when; append-only, written in the transaction of the change itself."""

    id: BigSerial = primary_key()
    at = moment()
    person = BigInt(null=True, default=None, index=True)
    contest = Varchar(length=40, null=True, default=None, index=True)
    action = Varchar(length=80)
    subject = Varchar(length=200, default="")
    data = JSONB(default="{}")


class EmailMessage(Table, tablename="email_message"):
    """A message to one address, with a JSON file perhaps; `sent_at` is set once the transport has taken it."""

    id: BigSerial = primary_key()
    message_id = Varchar(length=200, unique=True)
    recipient = Varchar(length=320)
    subject = Varchar(length=300)
    body = Text()
    attachment_name = Varchar(length=120, null=True, default=None)
    attachment = Text(null=True, default=None)
    contest = Varchar(length=40, null=True, default=None, index=True)
    created_at = moment()
    sent_at = moment(null=True)
