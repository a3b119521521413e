"""What somebody is in each contest, in words: a line a contest, as mails say it."""

from __future__ import annotations

from collections.abc import Sequence

from server.actor import JUDGE, OFFICER, ORGANIZER
from server.db import Row
from server.i18n import translator
from server.rules.name_order import name_key

_ORDER = (ORGANIZER, JUDGE, OFFICER)


def role_lines(rows: Sequence[Row], locale: str) -> str:
    """Of rows of `roles_of_person`: such as "- Hội thi A: Giám khảo; Cán bộ phụ trách của Đơn vị B"."""
    _ = translator("en" if locale == "en" else "vi")
    lines = []
    for row in rows:
        units = ", ".join(_flat(unit) for unit in sorted(row["units"] or [], key=name_key))
        words = {
            ORGANIZER: _("Thành viên Ban Tổ chức"),
            JUDGE: _("Giám khảo"),
            OFFICER: _("Cán bộ phụ trách của {units}").format(units=units),
        }
        roles = "; ".join(words[kind] for kind in _ORDER if kind in row["kinds"])
        lines.append(f"- {_flat(row['title_en' if locale == 'en' else 'title_vi'])}: {roles}")
    return "\n".join(lines)


def _flat(name: str) -> str:
    """A name that adds no line of its own to a mail."""
    return " ".join(name.split())
