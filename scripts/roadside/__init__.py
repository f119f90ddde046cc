"""Gate frames as bad as the road makes them: drawn, seeded, for the tests and the benchmarks of reading codes."""
