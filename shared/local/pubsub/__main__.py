"""`python -m shared.local.pubsub --host 127.0.0.1 --port 8085`: serves until SIGTERM or SIGINT, then exits with 0."""

import argparse
import logging
import signal
import sys

from shared.local.pubsub.server import AddressTaken, LocalPubSub

_ENDING = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Returns the exit code: 0 after a signal, 1 when the address is taken."""
    parser = argparse.ArgumentParser(prog="python -m shared.local.pubsub", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8085, help="0 takes a free one")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="pubsub: %(message)s")

    # Blocked before any thread exists, so that only the wait below ever receives them.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        server = LocalPubSub(options.host, options.port)
    except AddressTaken as error:
        sys.stderr.write(f"pubsub: {error}\n")
        return 1
    server.start()
    sys.stdout.write(f"pubsub: listening on {server.address}\n")
    sys.stdout.flush()
    signal.sigwait(_ENDING)
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
