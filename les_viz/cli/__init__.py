"""The command `les-viz`."""
