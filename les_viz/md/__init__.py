"""Dynamics: the calculator that brings a model to ASE."""
