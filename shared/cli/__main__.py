"""`python -m shared.cli` is `gaphealer`."""

from shared.cli.main import main

main()
