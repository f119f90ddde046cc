"""The physical model of a lane: vehicles, an arm of iron, people; the real gate runs over it, and a judge compares.

`python -m tests.edge.road` drives it at length; `test_road.py` runs a little of it, `test_stories.py` and
`test_whose.py` tell directed stories, `test_found.py` what chance found. What the judge excuses, and why: `doubts.py`.
"""
