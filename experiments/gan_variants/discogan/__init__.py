"""discogan: maps upright gray digits and rotated colored digits onto each other."""
