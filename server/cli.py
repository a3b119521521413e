"""hoithi ...: the commands, each handed to the module that does it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from server.errors import HoithiError
from server.settings import Settings


def main() -> None:
    """Entry point of the `hoithi` command; exit codes are those of the commands."""
    arguments = _parser().parse_args()
    try:
        sys.exit(arguments.run(arguments))
    except KeyboardInterrupt:
        sys.exit(130)
    except HoithiError as error:
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
    return parser


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where the service keeps its data (~/.local/share/hoithi)"
    )


def _run(coroutine: object) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(coroutine)  # type: ignore[arg-type]


def _serve(arguments: argparse.Namespace) -> int:
    from server.serve import serve

    _run(serve(Settings.from_environment(arguments.data, arguments.host, arguments.port)))
    return 0
