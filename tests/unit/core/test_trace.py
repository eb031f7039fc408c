"""Which trace a request belongs to; a header that cannot be read is as good as none."""

import pytest

from shared.core.trace import Trace, read_trace

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize("flags", ["00", "01", "ff"])
def test_traceparent__is_trace_and_span(flags: str) -> None:
    assert read_trace(f"00-{ID}-{SPAN}-{flags}", None) == Trace(ID, SPAN)


def test_traceparent_of_a_later_version__may_say_more() -> None:
    assert read_trace(f"01-{ID}-{SPAN}-00-more", None) == Trace(ID, SPAN)


@pytest.mark.parametrize(
    ("said", "span"),
    [
        (ID, None),
        (ID.upper(), None),
        (f"{ID}/1", "0000000000000001"),
        (f"{ID}/18446744073709551615;o=1", "f" * 16),
        (f"{ID}/18446744073709551616", None),
        (f"{ID}/0;o=0", None),
        (f"{ID};o=1", None),
    ],
)
def test_cloud_trace_context__counts_spans_in_decimals(said: str, span: str | None) -> None:
    assert read_trace(None, said) == Trace(ID, span)


def test_traceparent__comes_first__unless_it_is_odd() -> None:
    other = ID[::-1]
    assert read_trace(f"00-{ID}-{SPAN}-01", other) == Trace(ID, SPAN)
    assert read_trace("odd", other) == Trace(other)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        " ",
        ID,
        f"00-{ID}-{SPAN}",
        f"00-{ID}-{SPAN}-01-more",
        f"ff-{ID}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"00-{ID.upper()}-{SPAN}-01",
        f"00-{ID}-{SPAN}-01\n",
        f'00-{ID}-{SPAN}-01","severity":"EMERGENCY',
        "\N{ARABIC-INDIC DIGIT ZERO}" * 55,
    ],
)
def test_traceparent_that_is_odd__is_no_trace(said: str | None) -> None:
    assert read_trace(said, None) is None


@pytest.mark.parametrize("said", ["", "0" * 32, f"{ID}/", f"{ID}/x", f"{ID}/1;o=", f"{ID}/{'9' * 21}", f"{ID}\n"])
def test_cloud_trace_context_that_is_odd__is_no_trace(said: str) -> None:
    assert read_trace(None, said) is None
