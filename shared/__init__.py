"""The gap healer: everything the functions and the command line share."""
