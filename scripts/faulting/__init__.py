"""A campaign of faults against real processes: everything is killed, cut, filled, cloned and restored, and then it is counted."""
