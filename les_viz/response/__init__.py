"""What a model says of a structure: energies, forces, charges, dipoles, Born effective charges."""
