"""What the database lets judges' queries see: views without unit, person, author, title of a file or time of entry."""

from __future__ import annotations

JUDGE_VIEWS = (
    "drop view if exists desk_preview",
    "drop view if exists desk_file",
    "drop view if exists desk_entry",
    # The title and the category are what is judged; who entered it, and when, is not in reach of this view.
    # Who became an officer of the entry's unit after the assignment has lost it with that role.
    """
    create view desk_entry as
    select a.id as assignment, a.person, a.position, a.state, a.version, a.comment, a.saved_at, a.submitted_at,
           e.title, c.title_vi as category_vi, c.title_en as category_en,
           re.id as round_entry, re.alias, re.round,
           r.code as round_code, r.title_vi as round_vi, r.title_en as round_en, r.state as round_state, r.step,
           ct.code as contest, ct.title_vi as contest_vi, ct.title_en as contest_en
    from assignment a
    join round_entry re on re.id = a.round_entry
    join entry e on e.id = re.entry
    join category c on c.id = e.category
    join round r on r.id = re.round
    join contest ct on ct.id = r.contest
    where not exists (
      select 1 from role o
      where o.person = a.person and o.contest = ct.code and o.kind = 'officer' and o.unit = e.unit
    )
    """,
    """
    create view desk_file as
    select re.id as round_entry, f.id as file, f.kind, f.derived_state, f.derived_key, f.derived_type, f.derived_size,
           f.derived_problem, f.derived_seconds, f.derived_pages,
           row_number() over (partition by re.id order by f.kind, f.id) as number
    from round_entry re
    join entry_file f on f.entry = re.entry and f.removed_at is null
    """,
    """
    create view desk_preview as
    select f.round_entry, f.number, p.kind, p.number as place, p.storage_key, p.media_type, p.size, p.width, p.height
    from desk_file f
    join file_preview p on p.file = f.file
    where f.derived_state = 'ready'
    """,
)

JUDGE_GRANTS = ("grant select on desk_entry, desk_file, desk_preview, criterion, mark, panel, round to {role}",)
