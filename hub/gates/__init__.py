"""The gates of a town: which there are, their keys, their state, and the policy published to them (its fields: `hub.town.operation`)."""
