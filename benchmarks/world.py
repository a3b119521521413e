"""Two contests of 64 and of 1,000 entries, written straight into the tables, and the people who look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg
from piccolo.columns import BigInt, BigSerial, Integer, Numeric, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from server.secrets_at_rest import new_token, token_hash

JUDGES = 60
SHEETS_OF_AN_ENTRY = 3
CRITERIA = (("noi-dung", 40), ("sang-tao", 20), ("ung-dung", 20), ("hinh-thuc", 20))
OPEN_SHEETS = 200
ROUND = "so-khao"


class BenchMark(Table, tablename="bench_mark"):
    """What the floor's endpoint inserts."""

    id: BigSerial = BigSerial(primary_key=True, db_column_name="id")
    assignment = BigInt(index=True)
    version = Integer()
    points = Numeric()
    at = Timestamptz(default=TimestamptzNow())


@dataclass(frozen=True)
class World:
    """Session tokens of the people, and what the open sheets of the first judge in the large contest are."""

    judge: str
    organizer: str
    officer: str
    sheets: list[tuple[int, str]]
    """(assignment, alias) of sheets that are not handed in, version 1."""


async def write_world(dsn: dict[str, Any]) -> World:
    """Fill an empty, migrated database as its owner; the first judge has every entry, the others share the rest.

    Each entry has SHEETS_OF_AN_ENTRY sheets, all handed in but OPEN_SHEETS (large) or 8 (small) of the first judge's.
    """
    connection = await asyncpg.connect(**dsn)
    try:
        async with connection.transaction():
            await connection.execute(
                "create table bench_mark (id bigserial primary key, assignment bigint not null, "
                "version int not null, points numeric not null, at timestamptz not null);"
                "create index bench_mark_assignment on bench_mark (assignment)"
            )
            await _people(connection)
            await _contest(connection, "nho", 64, 8)
            await _contest(connection, "lon", 1000, OPEN_SHEETS)
            await _open_contest(connection)
            tokens = {name: await _session(connection, name) for name in ("judge0", "organizer", "officer")}
        await connection.execute("vacuum analyze")
        sheets = await connection.fetch(
            "select a.id, re.alias from assignment a join round_entry re on re.id = a.round_entry "
            "join round r on r.id = re.round join contest c on c.id = r.contest "
            "where c.code = 'lon' and a.submitted_at is null order by a.position"
        )
        return World(
            tokens["judge0"], tokens["organizer"], tokens["officer"], [(row["id"], row["alias"]) for row in sheets]
        )
    finally:
        await connection.close()


async def _people(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "insert into unit (code, name, kind, email) values ('HOST', 'Ban Tổ chức', 'tỉnh', '');"
        "insert into unit (code, name, kind, parent, email) select 'U' || n, 'Đơn vị số ' || n, 'huyện', u.id, '' "
        "from generate_series(1, 50) n, unit u where u.code = 'HOST'"
    )
    await connection.execute(
        "insert into person (email, full_name, locale, created_at, disabled) "
        "select n || '@bench.example', 'Người ' || n, 'vi', now(), false from ("
        f"select 'judge' || j as n from generate_series(0, {JUDGES - 1}) j "
        "union all select 'organizer' union all select 'officer') x"
    )


async def _contest(connection: asyncpg.Connection, code: str, entries: int, unfinished: int) -> None:
    contest = await connection.fetchval(
        "insert into contest (code, title_vi, title_en, host_unit, timezone, approvals, per_unit_max, state, created_at) "
        "select $1, 'Hội thi đo tốc độ', 'Contest for measurements', u.id, 'Asia/Ho_Chi_Minh', 1, 0, 'judging', now() "
        "from unit u where u.code = 'HOST' returning id",
        code,
    )
    await connection.execute(
        "insert into role (person, kind, contest, unit, created_at) "
        "select p.id, case when p.email like 'judge%' then 'judge' else 'organizer' end, $1, u.id, now() "
        "from person p, unit u where u.code = 'HOST' and p.email not like 'officer%'",
        code,
    )
    category = await connection.fetchval(
        "insert into category (contest, code, title_vi, title_en, position) values ($1, 'chung', 'Chung', 'General', 0) "
        "returning id",
        contest,
    )
    await connection.execute(
        "insert into entry (contest, code, title, category, unit, authors, state, version, submitted_at, late, message, "
        "  created_by, created_at) "
        "select $1, 'E' || lpad(n::text, 4, '0'), 'Ứng dụng học tập cho thiếu nhi số ' || n, $2, u.id, "
        "  array['Tác giả ' || n], 'valid', 1, now() + n * interval '1 second', false, '', p.id, now() "
        "from generate_series(1, $3::int) n join unit u on u.code = 'U' || (n % 50 + 1) "
        "join person p on p.email = 'officer@bench.example'",
        contest,
        category,
        entries,
    )
    round_id = await connection.fetchval(
        "insert into round (contest, code, position, title_vi, title_en, blind, step, decimals, calibration, method, "
        "  trim, per, max_spread, discrepancy_action, advance_top, advance_per, advance_ties, tie_break, state) "
        "values ($1, $2, 0, 'Sơ khảo', 'Preliminary', true, 0.5, 2, 'none', 'mean', 0, 'sheet', 20, 'flag', 10, "
        "  'round', 'include', '{criterion:noi-dung,criterion:sang-tao,median,submitted_at}', 'judging') returning id",
        contest,
        ROUND,
    )
    for position, (criterion, most) in enumerate(CRITERIA):
        await connection.execute(
            "insert into criterion (round, code, title_vi, title_en, max, weight, position) values ($1, $2, $2, $2, $3, 1, $4)",
            round_id,
            criterion,
            most,
            position,
        )
    panel = await connection.fetchval(
        "insert into panel (round, code, title_vi, title_en, categories, units, position) "
        "values ($1, '1', 'Tiểu ban 1', 'Panel 1', '{}', '{}', 0) returning id",
        round_id,
    )
    await connection.execute(
        "insert into seat (panel, person) select $1, id from person where email like 'judge%'", panel
    )
    await connection.execute(
        "insert into round_entry (round, entry, alias, panel) "
        "select $1, e.id, 'T' || lpad((row_number() over (order by md5(e.code)))::text, 4, '0'), $2 "
        "from entry e where e.contest = $3",
        round_id,
        panel,
        contest,
    )
    await connection.execute(
        "insert into assignment (round_entry, person, position, state, reason, version, comment, saved_at, submitted_at, "
        "  created_at) "
        "select n.id, p.id, n.place, 'active', '', 1, '', now(), "
        "  case when s.seat > 0 or n.place > $2 then now() end, now() "
        "from (select re.id, row_number() over (order by re.alias) as place from round_entry re where re.round = $1) n "
        "cross join generate_series(0, $3::int - 1) as s(seat) "
        "join person p on p.email = 'judge' || case when s.seat = 0 then 0 "
        "  else 1 + ((n.place * ($3::int - 1) + s.seat) % ($4::int - 1)) end || '@bench.example'",
        round_id,
        unfinished,
        SHEETS_OF_AN_ENTRY,
        JUDGES,
    )
    await connection.execute(
        "insert into mark (assignment, criterion, version, points, person, at) "
        "select a.id, c.id, 1, floor(c.max * 2 * (0.5 + 0.5 * random())) / 2, a.person, now() "
        "from round_entry re join assignment a on a.round_entry = re.id join criterion c on c.round = re.round "
        "where re.round = $1",
        round_id,
    )
    await connection.execute(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, uploaded_at, "
        "  derived_state, derived_key, derived_type, derived_size) "
        "select e.id, k.kind, 'tep.pdf', 'application/pdf', 100000, repeat('0', 64), 'x/' || e.id || k.kind, e.created_by, "
        "  now(), 'ready', 'copies/00/' || e.id || k.kind, 'application/pdf', 100000 "
        "from entry e cross join (values ('document'), ('video')) as k(kind) where e.contest = $1",
        contest,
    )


async def _open_contest(connection: asyncpg.Connection) -> None:
    """A contest that takes entries: one draft of the officer's unit, and a rule for documents of up to 2 GiB."""
    await connection.execute(
        "insert into contest (code, title_vi, title_en, host_unit, timezone, approvals, per_unit_max, state, created_at) "
        "select 'nop', 'Hội thi nhận bài', 'Contest that takes entries', u.id, 'Asia/Ho_Chi_Minh', 1, 0, 'open', now() "
        "from unit u where u.code = 'HOST';"
        "insert into role (person, kind, contest, unit, created_at) select p.id, 'officer', 'nop', u.id, now() "
        "from person p, unit u where u.code = 'U1' and p.email = 'officer@bench.example';"
        "insert into category (contest, code, title_vi, title_en, position) "
        "select id, 'chung', 'Chung', 'General', 0 from contest where code = 'nop';"
        "insert into file_rule (contest, kind, extensions, max_bytes, max_count, required, position) "
        "select id, 'document', '{pdf}', 2147483648, 99, false, 0 from contest where code = 'nop';"
        "insert into entry (contest, code, title, category, unit, authors, state, version, late, message, created_by, "
        "  created_at) "
        "select c.id, 'E01', 'Bài dự thi có tệp lớn', k.id, u.id, '{Tác giả}', 'draft', 1, false, '', p.id, now() "
        "from contest c join category k on k.contest = c.id, unit u, person p "
        "where c.code = 'nop' and u.code = 'U1' and p.email = 'officer@bench.example'"
    )


async def _session(connection: asyncpg.Connection, name: str) -> str:
    token = new_token()
    await connection.execute(
        "insert into session (token_hash, person, created_at, expires_at, confirmed_at, user_agent) "
        "select $1, id, now(), now() + interval '1 day', now(), '' from person where email = $2",
        token_hash(token),
        f"{name}@bench.example",
    )
    return token
