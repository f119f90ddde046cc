"""A whole town on one machine: a hub, gates with simulated hardware, and the scenario they live through."""
