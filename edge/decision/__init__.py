"""The verdict on a vehicle, reached by plain functions over plain values: no clock, no file, no wire."""
