"""The Dynamics page: runs in processes of their own, watched and steered while they move."""
