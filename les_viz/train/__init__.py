"""Training of LES models on energies and forces (and more, on request)."""
