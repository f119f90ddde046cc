"""Many rows of a register from a file: every fault named before anything is done; then all of them are added, or none."""
