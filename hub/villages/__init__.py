"""The village plans (平面图): for each village a picture or GeoJSON, with entrances, checkpoints, testing points, areas and households."""
