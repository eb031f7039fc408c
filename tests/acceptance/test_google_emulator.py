"""The same cascade over Google's own Pub/Sub emulator, where it is installed: the judge of the built-in server."""

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from shared.demo.story import start
from shared.local import google_pubsub
from shared.local.pubsub_choice import choose
from tests.acceptance.house import house_of
from tests.real_parts import absent, exercised

pytestmark = pytest.mark.acceptance
GOOGLE = "Google's Pub/Sub emulator"


def test_order__over_googles_emulator__cascades_through_all_phases(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if google_pubsub.find() is None:
        missing = google_pubsub.why_not()
        absent(request.config, GOOGLE, missing)
        expected = bool(os.environ.get("CI")) and shutil.which("gcloud") is not None
        (pytest.fail if expected else pytest.skip)(missing)
    day = date(2022, 6, 16)  # a single game: this emulator pushes two messages at a time
    with start(tmp_path, choose("google")) as stack:
        house = house_of(stack)
        house.order(day)
        house.healed(day, within=180)
        assert {event["attempt"] for event in house.events(day)} == {1}
        exercised(request.config, GOOGLE, "functions-framework processes")
