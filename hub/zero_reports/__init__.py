"""Zero reports of villages and gates: due each day, “none” is written and sent all the same, and who has not reported is listed."""
