"""Reads PyTorch checkpoints of whole models without executing anything in them.

`archive` checks the zip file and slices tensors out of it, `unpickler` interprets its pickle into the plain nodes of
`nodes`, and `worker` runs both, and the conversion to our format, in a sandboxed process. No class that a file names
is imported, nothing that it names is called, and PyTorch is not loaded.
"""
