"""The NBA pipeline at small scale: the league's real calendar, made-up box scores, processors that really compute."""
