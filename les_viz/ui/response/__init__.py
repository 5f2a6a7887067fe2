"""The instruments of the Response page."""
