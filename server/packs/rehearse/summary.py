"""What a rehearsal came to, for the person who started it: each round's best and what was published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHOWN = 10


def summary(report: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Lines for a terminal: of every round the first ten places, and a few more when the cut lies below them.

    `titles` maps an entry's code to its title.
    """
    lines = [f"{report['contest']}: {report['units']} units, {report['entries']} entries, {report['files']} files"]
    for round_ in report["rounds"]:
        lines += ["", f"{round_['code']}: {round_['sheets']} of {round_['assignments']} sheets handed in"]
        places = round_["standings"]
        shown = max(SHOWN, len(round_["advanced"]))
        for line in places[:shown]:
            rank = f"{'=' if line['tied'] else ''}{line['rank'] or '-'}"
            goes_on = "  (chosen)" if line["advanced"] else ""
            lines.append(
                f"  {rank:>4}  {line['score'] or '-':>7}  {line['entry']}  {titles.get(line['entry'], '')}{goes_on}"
            )
        if len(places) > shown:
            lines.append(f"        … and {len(places) - shown} more (--json FILE writes all)")
    if publication := report.get("publication"):
        state = "verified" if publication["verified"] else "NOT VERIFIED"
        lines += ["", f"published: version {publication['version']}, {state}, {publication['digest']}"]
    lines.append(f"{report['seconds']} s")
    return "\n".join(lines)
