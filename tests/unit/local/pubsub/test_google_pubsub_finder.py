"""Finding Google's emulator in SDKs of the test's own making."""

import stat
import sys
from pathlib import Path

import pytest

from shared.local import google_pubsub, pubsub_choice

JAR = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar"


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def sdk(root: Path, *, emulator: bool = True) -> Path:
    program(root / "bin/gcloud", "exit 1")
    if emulator:
        (root / JAR).parent.mkdir(parents=True)
        (root / JAR).touch()
    return root


def java(directory: Path, script: str = "exit 0") -> str:
    return str(program(directory / "java", script))


def test_finds_the_component__beside_a_linked_gcloud(tmp_path: Path) -> None:
    root, path = sdk(tmp_path / "sdk"), tmp_path / "path"
    runs = java(path)
    (path / "gcloud").symlink_to(root / "bin/gcloud")
    environ = {"PATH": str(path)}
    assert google_pubsub.find(environ, ()) == (runs, "-jar", str(root / JAR))
    assert google_pubsub.why_not(environ, ()) == ""


def test_finds_the_component__by_variable_and_in_the_home_directory(tmp_path: Path) -> None:
    runs = java(tmp_path / "path")
    at_home = sdk(tmp_path / "home/google-cloud-sdk")
    environ = {"PATH": str(tmp_path / "path"), "HOME": str(tmp_path / "home")}
    assert google_pubsub.find(environ, [Path("~/google-cloud-sdk")]) == (runs, "-jar", str(at_home / JAR))
    told = sdk(tmp_path / "told")
    assert google_pubsub.find({**environ, "CLOUDSDK_ROOT_DIR": str(told)}, ()) == (runs, "-jar", str(told / JAR))


def test_asks_gcloud__when_its_path_says_nothing(tmp_path: Path) -> None:
    root, path = sdk(tmp_path / "elsewhere"), tmp_path / "path"
    runs = java(path)
    program(path / "gcloud", f'test "$1" = info && echo {root}')
    assert google_pubsub.find({"PATH": str(path)}, ()) == (runs, "-jar", str(root / JAR))


def test_takes_java__from_its_home(tmp_path: Path) -> None:
    root = sdk(tmp_path / "sdk")
    runs = java(tmp_path / "jdk/bin")
    environ = {"PATH": "", "JAVA_HOME": str(tmp_path / "jdk"), "CLOUDSDK_ROOT_DIR": str(root)}
    assert google_pubsub.find(environ, ()) == (runs, "-jar", str(root / JAR))


def test_says_what_is_missing__when_it_finds_nothing(tmp_path: Path) -> None:
    with_sdk = {"PATH": str(tmp_path / "path"), "CLOUDSDK_ROOT_DIR": str(sdk(tmp_path / "sdk"))}
    bare = sdk(tmp_path / "bare", emulator=False)
    assert "gcloud is not on PATH" in google_pubsub.why_not({"PATH": ""}, ())
    assert "pubsub-emulator" in google_pubsub.why_not({"PATH": str(bare / "bin")}, ())
    assert "Java is not on PATH" in google_pubsub.why_not(with_sdk, ())
    java(tmp_path / "path", "exit 1")  # what macOS has where no Java is
    assert "does not run" in google_pubsub.why_not(with_sdk, ())
    assert google_pubsub.find(with_sdk, ()) is None


def test_runs_this_python__when_the_local_broker_is_asked_for() -> None:
    chosen = pubsub_choice.choose("local")
    assert chosen.name == "local"
    assert chosen.command(8085)[:3] == [sys.executable, "-m", "shared.local.pubsub"]
    assert chosen.command(8085)[-1] == "8085"


def test_takes_google_where_it_is_installed__unless_told_otherwise() -> None:
    chosen = pubsub_choice.choose()
    installed = google_pubsub.find() is not None
    assert chosen.name == ("google" if installed else "local")
    if installed:
        assert chosen.command(8085) == google_pubsub.command(8085)
    else:
        assert google_pubsub.why_not() in chosen.description
        with pytest.raises(google_pubsub.NotInstalled):
            pubsub_choice.choose("google")


def test_refuses__a_preference_that_is_none() -> None:
    with pytest.raises(ValueError, match="auto, google or local"):
        pubsub_choice.choose("kafka")  # type: ignore[arg-type]  # it comes from an environment variable
