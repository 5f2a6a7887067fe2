"""The instruments of the Models page."""
