"""A function of the local stack finds no credentials and no real project."""

from pathlib import Path

from shared.local.environment import local_environment
from shared.local.functions import Function, function_program


def test_environment__of_a_laptop_full_of_credentials__passes_none_on(tmp_path: Path) -> None:
    laptop = {
        "PATH": "/bin",
        "GOOGLE_APPLICATION_CREDENTIALS": "/secret.json",
        "GOOGLE_CLOUD_PROJECT": "real",
        "GCLOUD_PROJECT": "real",
        "CLOUDSDK_CORE_PROJECT": "real",
        "CLOUDSDK_CONFIG": "/home/me/.config/gcloud",
        "HOME": "/home/me",
    }
    env = local_environment(tmp_path, inherited=laptop)
    assert env["PATH"] == "/bin"
    assert not {"real", "/secret.json"} & set(env.values())
    assert not [value for value in env.values() if value.startswith("/home/me")]


def test_function__with_variables_of_its_own__is_told_those_last(tmp_path: Path) -> None:
    function = Function(tmp_path / "main.py", env={"SLOW": "1", "THREADS": "4"})
    program = function_program("phase3", function, port=1, env={"SLOW": "0", "AUTH_MODE": "off"})
    assert program.env["SLOW"] == "1"
    assert program.env["THREADS"] == "4"
    assert program.env["AUTH_MODE"] == "off"
