"""`hoithi demo`: the service with the demo contest played to its end, a second one to try scoring, and accounts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
import signal
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from server.data_folder import make_data_folder
from server.errors import HoithiError
from server.packs.model import Pack
from server.packs.read import read_pack
from server.packs.rehearse import roles
from server.packs.rehearse.instance import Instance, running_instance
from server.packs.rehearse.journal import Journal
from server.packs.rehearse.play import Cast, enter_everything, play, score_round, sign_everybody_in
from server.packs.rehearse.progress import Progress

DEMO_PACK = Path(__file__).resolve().parents[2] / "tests" / "packs" / "soc-trang-2024"
BEGUN = "demo.begun"
ACCOUNTS = "demo-accounts.json"
TRIAL_SUFFIX = "-thu"
TRIAL_SHARE = 0.4


class NoDemoPack(HoithiError):
    """The demo contest is part of the source tree, not of an installed package."""

    def __str__(self) -> str:
        """What to do instead."""
        return f"the demo contest is not at {DEMO_PACK}: run `hoithi demo` from a checkout of the project"


@dataclass(eq=False)
class NotTheDemo(HoithiError):
    """The folder holds something that no demo has put there."""

    folder: Path

    def __str__(self) -> str:
        """What to do instead."""
        return f"{self.folder} holds other data; give the demo a folder of its own with --data"


def default_demo_dir() -> Path:
    """Where the demo keeps its data."""
    return Path("~/.local/share/hoithi-demo").expanduser()


async def demo(data: Path, port: int) -> int:
    """Serve until a signal; the first time the contests are played, from then on the service starts at once."""
    if not DEMO_PACK.is_dir():
        raise NoDemoPack
    await asyncio.to_thread(_prepare_folder, data)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_instance(data, port) as instance:
        print(f"Hội Thi: {instance.url}", flush=True)
        playing = asyncio.create_task(_play_once(instance, data))
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({playing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing
            return 0
        print(playing.result(), flush=True)
        await waiting
    return 0


def _prepare_folder(data: Path) -> None:
    """A demo that was stopped while it was being played is begun anew; another service's data is never touched."""
    begun, finished = (data / BEGUN).exists(), (data / ACCOUNTS).exists()
    if data.exists() and any(data.iterdir()) and not begun:
        raise NotTheDemo(data)
    if begun and not finished:
        shutil.rmtree(data)
    make_data_folder(data)
    (data / BEGUN).touch()


async def _play_once(instance: Instance, data: Path) -> str:
    """What to print: the accounts, after the contests were played if they had not been."""
    kept = data / ACCOUNTS
    if not await asyncio.to_thread(kept.exists):
        accounts = await _play(instance, read_pack(DEMO_PACK))
        await asyncio.to_thread(_write_private, kept, json.dumps(accounts, ensure_ascii=False, indent=1))
    accounts = json.loads(await asyncio.to_thread(kept.read_text, "utf-8"))
    width = max(len(account["email"]) for account in accounts["people"])
    lines = [f"  {a['email']:<{width}}  {accounts['password']}  {a['role']}" for a in accounts["people"]]
    return "\n".join(["Accounts:", *lines, f"Stop with Ctrl+C. Data: {data}"])


async def _play(instance: Instance, pack: Pack) -> dict[str, object]:
    progress = Progress()
    password = secrets.token_urlsafe(9)
    journal = Journal()
    await instance.command("import", str(pack.folder))
    cast = await sign_everybody_in(pack, instance, progress, lambda: password)
    try:
        await play(pack, cast, journal, progress)
        await _play_trial(instance, pack, cast, journal, progress)
    finally:
        await cast.close()
        progress.end()
    first = {role: next(p for p in pack.people if p.role == role) for role in ("organizer", "judge", "officer")}
    people = [{"email": person.email, "role": role, "name": person.full_name} for role, person in first.items()]
    return {"password": password, "people": people}


async def _play_trial(instance: Instance, pack: Pack, cast: Cast, journal: Journal, progress: Progress) -> None:
    """The same contest once more under another code, left in the middle of the judging."""
    trial = replace(
        pack,
        code=pack.code + TRIAL_SUFFIX,
        title=replace(pack.title, vi=f"{pack.title.vi} (chấm thử)", en=f"{pack.title.en} (trial)"),
    )
    with tempfile.TemporaryDirectory(prefix="hoithi-demo-") as name:
        folder = Path(name) / "pack"
        await asyncio.to_thread(_copy_renamed, pack, trial, folder)
        await instance.command("import", str(folder))
    await enter_everything(trial, cast, journal, progress)
    assigned = await roles.assign(cast.organizers[0], trial, trial.rounds[0].code)
    await score_round(trial, trial.rounds[0], assigned, cast, journal, progress, TRIAL_SHARE)


def _copy_renamed(pack: Pack, trial: Pack, folder: Path) -> None:
    shutil.copytree(pack.folder, folder)
    settings = folder / "contest.toml"
    text = settings.read_text("utf-8").replace(f'code = "{pack.code}"', f'code = "{trial.code}"', 1)
    for before, after in ((pack.title.vi, trial.title.vi), (pack.title.en, trial.title.en)):
        text = text.replace(f'"{before}"', f'"{after}"', 1)
    settings.write_text(text, "utf-8")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n", "utf-8")
