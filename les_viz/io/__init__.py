"""Structure files to `ase.Atoms` and back; what is read comes from outside and is not trusted."""
