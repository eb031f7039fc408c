"""The browser and the stage, each started once for all tests of this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import MISSING, find, is_due, running
from tests.browser.stage import Stage, curtain, raised
from tests.real_parts import absent, exercised

CHROMIUM = "Chromium"


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """The browser of the machine; where there is none, tests are skipped, but for CI, where they fail."""
    if (program := find()) is None:
        absent(request.config, CHROMIUM, MISSING)
        (pytest.fail if is_due() else pytest.skip)(MISSING)
    with running(program) as browser:
        exercised(request.config, CHROMIUM)
        yield browser


@pytest.fixture(scope="session")
def stage(
    request: pytest.FixtureRequest, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The small NBA, before the heal; the browser comes first, because without it nobody looks."""
    with raised(tmp_path_factory.mktemp("stage")) as stack:
        real = ("the BigQuery emulator", "the built-in Pub/Sub server", "functions-framework processes")
        exercised(request.config, *real)
        yield curtain(stack)
