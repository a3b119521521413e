"""`hoithi rehearse PACK`: exit 0 when every step held, 1 when one did not, 2 for a bad pack, 3 for a tie to decide."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from server.errors import PackRefused
from server.packs.model import Pack
from server.packs.read import read_pack
from server.packs.rehearse.instance import InstanceFailed, running_instance
from server.packs.rehearse.journal import Journal
from server.packs.rehearse.person import StepFailed
from server.packs.rehearse.play import Played, keep, play, sign_everybody_in
from server.packs.rehearse.progress import Progress
from server.packs.rehearse.summary import summary
from server.packs.who_runs import nobody_to_run


def rehearse(pack_folder: Path, report_file: Path | None, keep_folder: Path | None) -> int:
    """Play the pack; prints what came out, or writes the whole report to `report_file`. Returns the exit code."""
    progress = Progress()
    try:
        pack = read_pack(pack_folder)
    except PackRefused as refused:
        print(refused, file=sys.stderr)
        return 2
    if (why := nobody_to_run(pack)) is not None:
        print(f"hoithi rehearse: {why}", file=sys.stderr)
        return 2
    if keep_folder is not None:
        keep_folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(keep_folder / "journal.jsonl" if keep_folder else None)
    try:
        with tempfile.TemporaryDirectory(prefix="hoithi-rehearse-", ignore_cleanup_errors=True) as name:
            # The database may have to run as another user, who must be able to reach its folder.
            Path(name).chmod(0o711)
            played = asyncio.run(_play(pack, Path(name), journal, progress))
    except (StepFailed, InstanceFailed, TimeoutError) as failure:
        progress.end()
        print(f"hoithi rehearse: {failure or 'it took too long'}", file=sys.stderr)
        return 1
    finally:
        journal.close()
    titles = {entry.code: entry.title for entry in pack.entries}
    return _tell(played, titles, progress.seconds, report_file, keep_folder)


async def _play(pack: Pack, folder: Path, journal: Journal, progress: Progress) -> Played:
    progress.phase("a private instance starts")
    async with running_instance(folder) as instance:
        await instance.command("import", str(pack.folder))
        cast = await sign_everybody_in(pack, instance, progress)
        try:
            return await play(pack, cast, journal, progress)
        finally:
            await cast.close()


def _tell(
    played: Played, titles: dict[str, str], seconds: float, report_file: Path | None, keep_folder: Path | None
) -> int:
    played.report["seconds"] = round(seconds, 1)
    if keep_folder is not None:
        keep(played, keep_folder)
    if report_file is not None:
        text = json.dumps(played.report, ensure_ascii=False, indent=1)
        report_file.write_text(text + "\n", encoding="utf-8")
    else:
        print(summary(played.report, titles))
    if played.tied:
        tied = [code for round_ in played.report["rounds"] for code in round_["unresolved_tie"]]
        print(f"hoithi rehearse: a tie on the cut must be decided by people: {', '.join(tied)}", file=sys.stderr)
        return 3
    return 0
