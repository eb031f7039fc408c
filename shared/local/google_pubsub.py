"""Google's Pub/Sub emulator, where it is installed: a component of the Google Cloud SDK, and Java to run it.

Java is started on the component's jar directly. `gcloud beta emulators pubsub start` forks a shell that forks Java, and
killing it leaves Java behind; a Java of our own ends with its process id. What can go wrong: the SDK lies anywhere, so
`gcloud` itself is asked, slowly, when neither its own path nor the usual places show the component.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

USUAL_PLACES = (
    Path("~/google-cloud-sdk"),
    Path("/usr/lib/google-cloud-sdk"),
    Path("/usr/share/google-cloud-sdk"),
    Path("/usr/local/google-cloud-sdk"),
    Path("/opt/google-cloud-sdk"),
    Path("/snap/google-cloud-cli/current"),
    Path("/snap/google-cloud-sdk/current"),
    Path("/usr/local/share/google-cloud-sdk"),
    Path("/opt/homebrew/share/google-cloud-sdk"),
)
_JARS = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*.jar"
_PATIENCE = 20.0  # seconds; a cold gcloud takes several


class NotInstalled(Exception):
    """The emulator cannot be started here; the message says what is missing and how to get it."""


def find(environ: Mapping[str, str] = os.environ, places: Sequence[Path] = USUAL_PLACES) -> tuple[str, ...] | None:
    """Returns what to run, up to the emulator's own options; `None` where it is not installed."""
    try:
        return _find(environ, places)
    except NotInstalled:
        return None


def why_not(environ: Mapping[str, str] = os.environ, places: Sequence[Path] = USUAL_PLACES) -> str:
    """Returns why `find` found nothing, for people; empty if it would."""
    try:
        _find(environ, places)
    except NotInstalled as reason:
        return str(reason)
    return ""


def command(port: int) -> list[str]:
    """Returns the command line that serves on 127.0.0.1:`port`. Raises NotInstalled."""
    return command_of(_find(os.environ, USUAL_PLACES), port)


def command_of(prefix: Sequence[str], port: int) -> list[str]:
    """Returns the command line for what `find` returned."""
    return [*prefix, "--host=127.0.0.1", f"--port={port}"]


def _find(environ: Mapping[str, str], places: Sequence[Path]) -> tuple[str, ...]:
    jar = next((jar for root in _roots(environ, places) if (jar := _jar(root)) is not None), None)
    if jar is None:
        if shutil.which("gcloud", path=environ.get("PATH", "")) is None:
            raise NotInstalled("gcloud is not on PATH, and no Google Cloud SDK lies in the usual places")
        raise NotInstalled(
            "the Google Cloud SDK has no Pub/Sub emulator (gcloud components install pubsub-emulator, "
            "or apt-get install google-cloud-cli-pubsub-emulator)"
        )
    return (_java(environ), "-jar", str(jar))


def _roots(environ: Mapping[str, str], places: Sequence[Path]) -> Iterator[Path]:
    """Where an SDK may lie, cheapest answer first."""
    for name in ("CLOUDSDK_ROOT_DIR", "CLOUDSDK_ROOT", "GOOGLE_CLOUD_SDK"):
        if environ.get(name):
            yield Path(environ[name])
    gcloud = shutil.which("gcloud", path=environ.get("PATH", ""))
    if gcloud is not None:
        yield Path(gcloud).resolve().parent.parent
    yield from (_expand(place, environ) for place in places)
    if gcloud is not None:
        yield from _asked(gcloud, environ)


def _expand(place: Path, environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME")
    return Path(home, *place.parts[1:]) if home and place.parts[0] == "~" else place


def _asked(gcloud: str, environ: Mapping[str, str]) -> Iterator[Path]:
    question = [gcloud, "info", "--format=value(installation.sdk_root)"]
    try:
        answer = subprocess.run(
            question, env=dict(environ), capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return
    if answer.stdout.strip():
        yield Path(answer.stdout.strip())


def _jar(root: Path) -> Path | None:
    jars = sorted(root.glob(_JARS), key=lambda jar: jar.stat().st_mtime)
    return jars[-1] if jars else None


def _java(environ: Mapping[str, str]) -> str:
    """Returns a Java that runs; on macOS `/usr/bin/java` exists even where no Java does."""
    home = environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java", path=environ.get("PATH", ""))
    if java is None:
        raise NotInstalled("Java is not on PATH, and Google's emulator needs it")
    try:
        subprocess.run([java, "-version"], env=dict(environ), capture_output=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotInstalled(f"{java} does not run, and Google's emulator needs Java") from error
    return java
