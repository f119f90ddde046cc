"""A gate's way into the town: certificates and the bundle that carries its keys."""
