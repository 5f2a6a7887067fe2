"""See and touch the latent charges of Latent Ewald Summation models."""

__version__ = "0.1.0"
