"""What an operator must see, on every page until somebody has said what was done about it."""
