"""What all pages share: words, times, forms, the stream."""
