"""A lane's camera: where pictures come from, what is wrong with them, and which are kept."""
