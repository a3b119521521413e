"""Who sits out: people who judge a round that is assigned and not yet decided, and in which contest.

A view, since the gate asks for it with the person's roles in one query, and accounts may not know this room's tables.
"""

from __future__ import annotations

SITTING_VIEW = (
    "drop view if exists judging_now",
    # A seat counts without an assignment: the judge may be drawn as a replacement. An assignment counts without a
    # seat, and neither asks for a judge's role: it could be taken off for a look and given back.
    """
    create view judging_now as
    select s.person, c.code as contest
    from seat s join panel p on p.id = s.panel join round r on r.id = p.round join contest c on c.id = r.contest
    where s.left_at is null and r.state in ('assigned', 'judging', 'closed')
    union
    select a.person, c.code
    from assignment a join round_entry re on re.id = a.round_entry join round r on r.id = re.round
    join contest c on c.id = r.contest
    where a.state = 'active' and r.state in ('assigned', 'judging', 'closed')
    """,
)
