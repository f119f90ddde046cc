"""Tests of setting a town up in the browser."""
