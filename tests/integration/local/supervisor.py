"""Runs a small stack in the directory it is given until it is ended: what the tests interrupt and kill."""

import signal
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from shared.local.functions import Function  # noqa: E402  # after the path
from shared.local.pubsub_choice import choose  # noqa: E402
from shared.local.stack import Stack  # noqa: E402

ECHO = Function(HERE / "echo_function.py")


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that started the tests with & has it ignored
    run_dir, pipeline = Path(sys.argv[1]), HERE.parents[2] / "pipeline.yaml"
    with Stack(
        run_dir,
        pipeline,
        "local-test",
        orchestrator=ECHO,
        processors={},
        edges=["phase2_to_phase3"],
        broker=choose("local"),
    ):
        threading.Event().wait()


if __name__ == "__main__":
    main()
