"""The map: a plan of the town as a picture or as GeoJSON, and where each gate stands on it."""
