"""What rows hold, whatever that is: read without demands, shown without tricks."""
