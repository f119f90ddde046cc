"""The organisation of a town: the tree of its units (town, areas, villages, grids ...), its levels, and what belongs to a branch of it."""
