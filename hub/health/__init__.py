"""The health of the hub: one list of checks, shown on a page, on the command line (`doctor`) and to Prometheus (`/metrics`).

A check (`checks`) looks at one thing and gives findings: its state, what was found, how old that is, and what to do. No finding holds personal data.
"""
