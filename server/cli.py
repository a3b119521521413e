"""hoithi ...: the commands, each handed to the module that does it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from server.errors import HoithiError
from server.settings import Settings
from storage_config.settings import StorageSettingsError

Result = TypeVar("Result")


def main() -> None:
    """Entry point of the `hoithi` command; exit codes are those of the commands."""
    arguments = _parser().parse_args()
    try:
        sys.exit(arguments.run(arguments))
    except KeyboardInterrupt:
        sys.exit(130)
    except (HoithiError, StorageSettingsError) as error:
        print(f"hoithi: {error or type(error).__name__}", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hoithi", description="Contest submission and judging.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="the whole service on one machine")
    _data(serve)
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (8000)")
    serve.set_defaults(run=_serve)

    demo = commands.add_parser("demo", help="the service with a contest played to its end, and accounts to log in with")
    demo.add_argument("--data", type=Path, metavar="DIR", help="the demo's data (~/.local/share/hoithi-demo)")
    demo.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
    demo.set_defaults(run=_demo)

    bring = commands.add_parser("import", help="bring in a contest pack")
    bring.add_argument("pack", type=Path, metavar="PACK")
    _data(bring)
    bring.set_defaults(run=_import)

    rehearse = commands.add_parser("rehearse", help="play a contest pack from end to end on a private instance")
    rehearse.add_argument("pack", type=Path, metavar="PACK")
    rehearse.add_argument(
        "--json", type=Path, metavar="FILE", help="write the whole report here instead of printing a summary"
    )
    rehearse.add_argument("--keep", type=Path, metavar="DIR", help="leave publication.json and receipts here")
    rehearse.set_defaults(run=_rehearse)

    verify = commands.add_parser("verify", help="check a publication or a receipt with no server")
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("--digest", help="a digest known from elsewhere that must be in the file")
    verify.add_argument("--key", help="the fingerprint or public key that must have signed it")
    verify.set_defaults(run=_verify)

    storage = commands.add_parser("storage", help="check the object store").add_subparsers(dest="what", required=True)
    check = storage.add_parser("check", help="try the store, then hold it against the database")
    check.add_argument("--repair", action="store_true", help="remove objects that no row names, make lost copies again")
    _data(check)
    check.add_argument("--even-most", action="store_true", help="repair although no row names most of the objects")
    check.set_defaults(run=_storage_check)

    web = commands.add_parser("web", help="pages and API alone, beside workers (see docs/operations.md)")
    _data(web)
    web.add_argument("--host", help="address to listen on (127.0.0.1)")
    web.add_argument("--port", type=int, help="port to listen on (8000)")
    web.set_defaults(run=_web)

    migrate = commands.add_parser("migrate", help="bring the database up to date, before web and worker start")
    _data(migrate)
    migrate.set_defaults(run=_migrate)

    worker = commands.add_parser("worker", help="do jobs alone, beside web processes")
    _data(worker)
    worker.set_defaults(run=_worker)
    return parser


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where the service keeps its data (~/.local/share/hoithi)"
    )


def _run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


def _serve(arguments: argparse.Namespace) -> int:
    from server.serve import serve

    _run(serve(Settings.from_environment(arguments.data, arguments.host, arguments.port)))
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from server.packs.demo import default_demo_dir, demo
    from server.packs.rehearse.instance import InstanceFailed
    from server.packs.rehearse.person import StepFailed

    try:
        return asyncio.run(demo((arguments.data or default_demo_dir()).expanduser().absolute(), arguments.port))
    except (InstanceFailed, StepFailed) as failure:
        print(f"hoithi demo: {failure}", file=sys.stderr)
        return 1


def _import(arguments: argparse.Namespace) -> int:
    from server.packs.import_command import import_command

    return _run(import_command(arguments.pack, Settings.from_environment(arguments.data)))


def _rehearse(arguments: argparse.Namespace) -> int:
    from server.packs.rehearse.command import rehearse

    return rehearse(arguments.pack, arguments.json, arguments.keep)


def _verify(arguments: argparse.Namespace) -> int:
    from server.publishing.verify import described, verify_file

    report = verify_file(arguments.file, expect_digest=arguments.digest, expect_key=arguments.key)
    print(described(report))
    return report.exit_code


def _storage_check(arguments: argparse.Namespace) -> int:
    from server.storage_check import storage_check

    settings = Settings.from_environment(arguments.data)
    return _run(storage_check(settings, repair=arguments.repair, even_most=arguments.even_most))


def _web(arguments: argparse.Namespace) -> int:
    from server.serve import web

    _run(web(Settings.from_environment(arguments.data, arguments.host, arguments.port)))
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    from server.runtime import database

    async def migrate() -> None:
        async with database(Settings.from_environment(arguments.data)):
            print("The database is up to date.")

    _run(migrate())
    return 0


def _worker(arguments: argparse.Namespace) -> int:
    from server.production import require_production
    from server.worker import work

    settings = Settings.from_environment(arguments.data)
    require_production(settings)
    _run(work(settings))
    return 0
