"""The processes of the hub: `serve` starts them, restarts those that die, and waits where the disk is full."""
