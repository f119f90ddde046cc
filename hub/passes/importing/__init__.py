"""Many passes from a list: every bad row is named before anything is done; then all are issued, or none."""
