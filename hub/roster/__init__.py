"""The roster of the gates: duty staff, the town's shifts, who is to serve when and where, and how that compares with who signed on.

`hub.shifts` is about the command post and what its officers did. A roster is a plan for the gates, made before and changed at will; what
happened at a gate is read from the gate's records (`served`), which nothing here writes.
"""
