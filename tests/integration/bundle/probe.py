"""Runs in the isolated interpreter, and imports nothing of the tests: `probe.py SOURCE REPORT ASKED MODULE...`.

Boots the function at SOURCE, asks it what ASKED says (JSON: method, path and body of each request), so that it
imports what only a request needs, imports every MODULE, and writes into REPORT the statuses of the answers and where
each module came from.
"""

import importlib
import json
import sys
from pathlib import Path

import functions_framework


def main(source: str, report: str, asked: str, *modules: str) -> None:
    client = functions_framework.create_app("main", source).test_client()  # type: ignore[no-untyped-call]  # as its authors left it
    answers = [client.open(path, method=method, json=body) for method, path, body in json.loads(asked)]
    for name in modules:
        importlib.import_module(name)
    files = {name: file for name, module in sys.modules.items() if (file := getattr(module, "__file__", None))}
    said = {"statuses": [answer.status_code for answer in answers], "files": files}
    Path(report).write_text(json.dumps(said), encoding="utf-8")


main(*sys.argv[1:])
