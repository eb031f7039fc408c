"""A listing as CSV (RFC 4180), for the programs that people open such a file with.

Those take what begins with certain characters for a formula, and work it out; what stands in a table or a message may
have been written by anybody. So an apostrophe goes before such text, which is how one says there that it is text: who
reads the file with a program of his own takes it off again.
"""

import csv
import io

from shared.dashboard.sheet import Line, Listing

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a formula may begin; the last four are the wide forms of the first, which some programs take for them."""


def written(listing: Listing) -> str:
    """Returns `listing` with a header; raises as its lines do."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(listing.columns)
    lines.writerows(_harmless(line) for line in listing.lines())
    return text.getvalue()


def file_name(listing: Listing) -> str:
    """Returns what the file is called, of nothing but letters, digits, dots and dashes."""
    return (
        "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in listing.name) + ".csv"
    )


def _harmless(line: Line) -> Line:
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in line]
