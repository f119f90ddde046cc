"""Conflicts: facts of several gates that contradict each other, found afterwards by their own times, settled by people."""
