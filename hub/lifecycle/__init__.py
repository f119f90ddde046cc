"""A town's beginning, its upgrade, its restoration, and new keys after a theft."""
