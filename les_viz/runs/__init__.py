"""Runs as folders: configuration, results that are readable while they are written, checkpoints, worker processes."""
