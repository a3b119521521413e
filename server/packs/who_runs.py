"""Whether a pack leaves somebody to run its contest: an organizer who judges does not, from the plan until the round ends."""

from __future__ import annotations

from server.packs.model import Pack


def nobody_to_run(pack: Pack) -> str | None:
    """A sentence that says why nobody could run the contest by this pack's people alone, or None when somebody could."""
    organizers = list(dict.fromkeys(person.email for person in pack.people if person.role == "organizer"))
    seated = {person.email for person in pack.people if person.role == "judge" and person.seats}
    if not organizers or any(email not in seated for email in organizers):
        return None
    return (
        f"every organizer also judges ({', '.join(organizers)}), and an organizer who judges is shut out of the "
        "organizers' pages until the round is decided: add an organizer who judges in no round, or free one from judging"
    )
