"""The instruments of the Potential page."""
