"""The command line: `gaphealer`."""
