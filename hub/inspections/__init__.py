"""What inspectors found: handed over, put right, checked, closed, objected to and decided by another; the day's list, and figures."""
