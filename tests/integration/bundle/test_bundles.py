"""Every function's zip, as Terraform makes it: small, the same each time, whole, and able to run alone."""

import ast
import base64
import json
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.config import parse_pipeline
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.gcp.sql import Sql
from shared.local.environment import local_environment
from shared.local.ports import free_port
from shared.local.probes import Listening
from shared.local.process import Process, Program
from shared.local.pubsub_choice import choose
from shared.local.watch import Watcher
from tests.conftest import BigqueryServer
from tests.integration.bundle.conftest import DATASET, PIPELINE, STRANGERS, Bundle
from tests.integration.bundle.zips import FUNCTIONS, ROOT, BuildFailed, Wanted, build
from tests.real_parts import exercised

EDGE, EAR = "phase2_to_phase3", "ear"
DAYS = [(datetime.now(UTC) - timedelta(days=back)).date() for back in (4, 3, 2)]
BUDGET = 1_000_000  # bytes: a function downloads it before its first request
PROBE = Path(__file__).with_name("probe.py")

# What each function is asked when it is booted; a function that is not here fails its test.
ASKED: Mapping[str, list[tuple[str, str, object]]] = {
    "orchestrator": [
        ("GET", "/health", None),
        ("POST", "/scan-gaps", {"dry_run": True}),
        ("GET", "/openapi.json", None),
    ],
    "dashboard": [("GET", "/health", None), ("GET", "/", None), ("GET", "/api/coverage", None)],
}

every_function = pytest.mark.parametrize("function", FUNCTIONS)


@dataclass(frozen=True)
class House:
    """The real servers that a deployed function talks to, and what it is told of them."""

    env: Mapping[str, str]
    logs: Path
    watcher: Watcher
    admin: PubsubAdmin


@pytest.fixture(scope="module")
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, bigquery_server: BigqueryServer
) -> Iterator[House]:
    home, port = tmp_path_factory.mktemp("house"), free_port()
    bare = local_environment(home)
    env = {
        **{name: said for name, said in bare.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")},
        "EDGE": EDGE,
        "GOOGLE_CLOUD_PROJECT": bigquery_server.project,
        "AUTH_MODE": "off",
        "BIGQUERY_EMULATOR_HOST": bigquery_server.url,
        "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{port}",
        "THREADS": "4",
    }
    fill(bigquery_server)
    with Watcher() as watcher:
        broker = Process(
            Program("pubsub", tuple(choose("local").command(port)), port, Listening(port), bare), home, watcher
        )
        broker.start()
        try:
            broker.wait_ready(60)
            with PubsubAdmin(bigquery_server.project, emulator=env["PUBSUB_EMULATOR_HOST"]) as admin:
                admin.ensure_topic("bundle-phase3-trigger")
                admin.ensure_pull_subscription(PullSubscription(EAR, "bundle-phase3-trigger"))
                exercised(request.config, "the built-in Pub/Sub server", "functions-framework processes")
                yield House(env, home, watcher, admin)
        finally:
            broker.stop()


def fill(server: BigqueryServer) -> None:
    """Lets phase 2 have three dates of which phase 3 has none."""
    client = server.client()
    sql = Sql(client)
    sql.run(f"CREATE SCHEMA `{DATASET}`")
    days = "SELECT day AS game_date, 'g' AS game_id FROM UNNEST(@days) AS day"
    for name in ("schedule", "raw"):
        sql.run(f"CREATE TABLE `{DATASET}.{name}` (game_date DATE, game_id STRING)")
        sql.run(f"INSERT INTO `{DATASET}.{name}` (game_date, game_id) {days}", days=DAYS)
    sql.run(f"CREATE TABLE `{DATASET}.summary` (game_date DATE, game_id STRING)")
    BigQueryWarehouse(lambda: client, parse_pipeline(PIPELINE)).create_ledger()


@every_function
def test_zip__made_from_a_touched_copy_with_strangers_in_it__has_the_same_bytes(
    bundles: Mapping[str, Bundle], function: str
) -> None:
    bundle = bundles[function]
    assert bundle.again.read_bytes() == bundle.zip.read_bytes()
    assert bundle.again.name == bundle.zip.name
    assert not set(STRANGERS) & set(bundle.names())


@every_function
def test_zip__is_within_its_budget(bundles: Mapping[str, Bundle], function: str) -> None:
    size = bundles[function].zip.stat().st_size
    print(f"{function}: {size:,} bytes")  # noqa: T201  with `pytest -rP` whoever asks can see it
    assert size < BUDGET


@every_function
def test_zip__holds_all_of_ours_that_its_modules_name(bundles: Mapping[str, Bundle], function: str) -> None:
    """Also what is imported within functions, which no start of the function would miss."""
    names = bundles[function].names()
    named = {file for name in names if name.endswith(".py") for file in imported(bundles[function].unpacked / name)}
    assert "shared/config/loader.py" in named  # which nobody imports at the top of a module
    assert named - set(names) == set()


@every_function
def test_modules__of_the_bundle__are_imported_from_it_and_from_what_is_deployed(
    bundles: Mapping[str, Bundle], python: Path, house: House, tmp_path: Path, function: str
) -> None:
    bundle, report = bundles[function], tmp_path / "report.json"
    modules = sorted(module_of(name) for name in bundle.names() if name.endswith(".py"))
    asked = ASKED[function]
    paths = [PROBE, bundle.unpacked / "main.py", report]
    argv = [str(python), "-I", *map(str, paths), json.dumps(asked), *modules]
    ran = subprocess.run(argv, env=dict(house.env), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(report.read_text(encoding="utf-8"))
    assert said["statuses"] == [200] * len(asked)
    elsewhere = {name: file for name, file in said["files"].items() if not Path(file).is_relative_to(bundle.unpacked)}
    assert {name for name in elsewhere if name.split(".")[0] in ("main", "functions", "shared")} == set()
    assert {name: file for name, file in elsewhere.items() if not is_deployed(Path(file), python.parents[1])} == {}


def test_orchestrator__booted_from_its_bundle__answers_both_doors(
    bundles: Mapping[str, Bundle], python: Path, house: House
) -> None:
    main, port = bundles["orchestrator"].unpacked / "main.py", free_port()
    argv = [str(python), "-I", "-m", "functions_framework", "--target", "main", "--source", str(main)]
    argv += ["--host", "127.0.0.1", "--port", str(port)]
    program = Program("orchestrator", tuple(argv), port, Listening(port), house.env)
    function = Process(program, house.logs, house.watcher)
    function.start()
    try:
        function.wait_ready(60)
        url = f"http://127.0.0.1:{port}"
        assert requests.get(f"{url}/health", timeout=60).json() == {"status": "ok", "edge": EDGE}, function.tail()

        looked = requests.post(f"{url}/scan-gaps", json={"dry_run": True}, timeout=60)
        assert (looked.status_code, looked.json()["counts"]["gaps"]) == (200, len(DAYS)), function.tail()
        assert house.admin.pull(EAR, wait=0.2) == []

        assert requests.post(url, json=completion(DAYS[0].isoformat()), timeout=60).status_code == 204, function.tail()
        assert [json.loads(heard.data)["date"] for heard in house.admin.pull(EAR)] == [DAYS[0].isoformat()]
    finally:
        function.stop()


def test_bundle__of_a_repository_without_a_folder__is_refused_by_its_name(
    bundles: Mapping[str, Bundle], tmp_path: Path
) -> None:
    part = tmp_path / "part"
    part.mkdir()
    for name in ("functions", "shared"):
        (part / name).symlink_to(ROOT / name)
    wanted = Wanted(str(part), FUNCTIONS[-1], str(ROOT / "pipeline.yaml"), str(tmp_path / "out"))
    with pytest.raises(BuildFailed, match=r"sql/\*\*/\*\.sql"):
        build(tmp_path / "root", [wanted])


def completion(day: str) -> dict[str, Any]:
    """Returns what Pub/Sub pushes when phase 2 is complete on `day`."""
    data = json.dumps({"output_table": f"{DATASET}.raw", "game_date": day, "status": "success"})
    message = {
        "data": base64.b64encode(data.encode()).decode(),
        "messageId": "1",
        "publishTime": "2026-01-01T00:00:00Z",
    }
    return {"message": message, "subscription": "projects/p/subscriptions/s"}


def is_deployed(file: Path, environment: Path) -> bool:
    """Returns whether `file` is of the isolated interpreter's environment or Python's own; the probe is neither."""
    own = (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    of_python = "site-packages" not in file.parts and any(map(file.is_relative_to, own))
    return of_python or file.is_relative_to(environment) or file == PROBE


def module_of(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(file: Path) -> Iterator[str]:
    """Yields the files of the repository that `file` imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from _files_of(node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Import):
            yield from _files_of(*(alias.name for alias in node.names))


def _files_of(*modules: str) -> Iterator[str]:
    for module in modules:
        if module.split(".")[0] in ("shared", "functions"):
            path = module.replace(".", "/")
            yield from (name for name in (f"{path}.py", f"{path}/__init__.py") if (ROOT / name).is_file())
