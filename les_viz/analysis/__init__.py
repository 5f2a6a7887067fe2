"""What trajectories say: arrays in, arrays out."""
