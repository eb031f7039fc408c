"""How far a backfill is, on a terminal and where there is none."""

import io
from datetime import date
from itertools import count

from rich.console import Console

from shared.cli.bars import Bars
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.windows import Window
from shared.operations.backfill import Progress, Standing

NBA = load_pipeline(SHIPPED_PIPELINE)
EDGES = [edge.name for edge in NBA.edges]


def look(healed: int) -> Progress:
    """Returns a look at an order of 234 slices of phase 3 and 46 of phase 5, of which nothing was a gap in phase 4."""
    standings = (
        Standing(EDGES[0], 234, 234 - healed, 20, 0, 60, {"blocked": 4}, 0),
        Standing(EDGES[1], 0, 0, 0, 0, 0, {}, 0),
        Standing(EDGES[2], 46, 46, 0, 1, 0, {"blocked": 45}, 2),
    )
    return Progress(1, 1, Window(date(2022, 3, 16), date(2022, 6, 18)), standings)


def shown(*looks: Progress, terminal: bool) -> str:
    out = io.StringIO()
    screen = Console(file=out, force_terminal=terminal, width=100, color_system=None, highlight=False)
    seconds = count(0, 60)
    with Bars(screen, NBA, lambda: next(seconds)) as bars:
        for each in looks:
            bars.show(each)
    return out.getvalue()


def test_terminal__shows_a_bar_for_each_phase__as_it_is_in_the_end() -> None:
    *_, analytics, precompute, predictions, pace = shown(look(0), look(60), look(150), terminal=True).splitlines()[:-1]
    assert "3 analytics" in analytics
    assert "150/234 20 at work, 60 waiting, 4 blocked" in analytics
    assert "1/1" in precompute  # whole, and not empty: there was nothing to do
    assert "0/46    1 ready, 45 blocked, 2 escalated" in predictions
    assert "a minute, at most" in pace


def test_pipe__has_a_line_for_each_change__and_no_control_character() -> None:
    text = shown(look(0), look(0), look(150), terminal=False)
    assert text.count("\n") == 2
    assert "\x1b" not in text
    assert "3 analytics 150/234 20 at work, 60 waiting, 4 blocked; 4 precompute 0/0 " in text
