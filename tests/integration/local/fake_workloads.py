"""Stands in for the `notifications` program: the same command line, no work. Standard library only.

What it should do differently is written in `behaviour.json` beside it: a mapping from the name of a process (or of a
command) to `{"exit": code, "say": text}` or `{"unready": true}` or `{"stubborn": true}`.
"""

import argparse
import json
import os
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any


def main() -> int:
    options = _parse()
    behaviour = _read_behaviour(options.id or options.command)
    if "exit" in behaviour:
        print(behaviour["say"], file=sys.stderr)
        return int(behaviour["exit"])
    json.loads(Path(options.config).read_text())
    if options.command == "token":
        print(f"token-of-{options.sub}")
    if options.command in {"gateway", "worker"}:
        _serve(options, behaviour)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["setup", "gateway", "worker", "token"])
    parser.add_argument("--config", required=True)
    for flag in ("--id", "--host", "--sub", "--tenant", "--scope"):
        parser.add_argument(flag)
    for flag in ("--port", "--internal-port", "--management-port"):
        parser.add_argument(flag, type=int)
    parser.add_argument("--reuse-port", action="store_true")
    return parser.parse_args()


def _read_behaviour(name: str) -> dict[str, Any]:
    file = Path(sys.argv[0]).with_name("behaviour.json")
    return dict(json.loads(file.read_text()).get(name, {})) if file.exists() else {}


def _serve(options: argparse.Namespace, behaviour: dict[str, Any]) -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None if behaviour.get("stubborn") else stopped.set())
    listeners = [_share(options.host, options.port)] if options.port else []
    server = HTTPServer((options.host, options.management_port), _answering(503 if behaviour.get("unready") else 200))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stopped.wait()
    print(json.dumps({"level": "INFO", "message": f"{options.id} drained"}), file=sys.stderr, flush=True)
    for listener in listeners:
        listener.close()
    os._exit(0)


def _share(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


def _answering(status: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


if __name__ == "__main__":
    sys.exit(main())
