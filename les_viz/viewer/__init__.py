"""The 3D viewer: what it shows (`scene`), how that travels (`payload`), and what draws it (`js`)."""
