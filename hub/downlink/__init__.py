"""The signed messages to the gates: the published lists, and the sightings of other gates."""
