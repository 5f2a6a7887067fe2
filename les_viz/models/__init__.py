"""Models of latent charges: representations, heads, file formats."""
