"""What the imports of lists share: a fault of a row, columns by their headings, reading all of it or nothing."""
