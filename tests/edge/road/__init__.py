"""The physical model of a lane: vehicles, an arm of iron, people; the real gate runs over it, and a judge compares.

`python -m tests.edge.road` drives it at length; `test_road.py` runs a little of it, `test_stories.py` tells directed stories.
"""
