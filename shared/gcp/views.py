"""Views of the ledger that need not be made again, because they are there and say the same.

Terraform makes views through another call, which wants the project in every name and no comments. Whoever runs
`gaphealer init` after it would write the same thing in other words, and Terraform would put it back. What can go wrong:
BigQuery keeps the text a little differently than it was given; then the view is made again, which costs nothing.
"""

import re

from google.api_core import exceptions as google
from google.cloud import bigquery

from shared import queries
from shared.gcp.faults import warehouse_faults

_MADE = re.compile(r"\s*CREATE OR REPLACE VIEW `[^`]+` AS\s+", re.ASCII)


def stands(client: bigquery.Client, name: str, statement: str, *, timeout: float) -> bool:
    """Returns whether `name` (dataset.view) is a view already, of the very text that `statement` gives it.

    Raises:
        WarehouseError: as `shared.gcp.faults.warehouse_faults` says; a view that is not there is no error.
    """
    wanted, is_view = _MADE.subn("", queries.bare(statement), count=1)
    if not is_view:
        return False
    with warehouse_faults(f"looking at {name}"):
        try:
            found = client.get_table(name, timeout=timeout).view_query
        except (google.NotFound, google.Forbidden):  # making it says better what is wrong, if anything is
            return False
    return found is not None and _plain(found, client.project) == _plain(wanted, client.project)


def _plain(sql: str, project: str) -> str:
    return queries.bare(sql).replace(f"`{project}.", "`").strip()
