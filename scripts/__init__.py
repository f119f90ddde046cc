"""What is run from a clone: the demo town, the benchmarks, the checks. Nothing of it is installed."""
