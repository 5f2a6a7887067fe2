"""Speed as data: our engine against a plain implementation and torch-pme, in one run, at equal accuracy."""
