"""`gaphealer demo`: the main job on one machine."""

from pathlib import Path
from typing import Literal

import click
from rich.console import Console


@click.command()
@click.option("--full", is_flag=True, help="Heal all three post-seasons, not only the first.")
@click.option(
    "--pubsub",
    type=click.Choice(["auto", "google", "local"]),
    default="local",
    show_default=True,
    envvar="GAPHEALER_PUBSUB",
    help="Whose Pub/Sub server: the built-in one, or Google's emulator, which pushes two messages at a time.",
)
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    default=Path(".gaphealer/demo"),
    show_default=True,
    help="Where logs and the pipeline's copy are kept.",
)
def demo(full: bool, pubsub: Literal["auto", "google", "local"], run_dir: Path) -> None:
    """Heals a season that has been stuck for years, with real processes on this machine."""
    from shared.demo.screen import TerminalScreen  # the local stack is an extra that only this command needs
    from shared.demo.story import tell
    from shared.local.pubsub_choice import choose

    console = Console(highlight=False)
    tell(TerminalScreen(console), run_dir, choose(pubsub), full=full)
