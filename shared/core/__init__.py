"""Pure rules, standard library only: no clock, no input or output, no environment."""
