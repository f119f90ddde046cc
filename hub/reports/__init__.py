"""Figures of any range of time, added up from kept counts, and the daily report that a town sends upwards."""
