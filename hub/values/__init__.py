"""Text and times of stored rows, whatever an older version let into them: read without raising, shown with nothing hidden."""
