"""The common parts of all pages: words for codes (`labels`, `wording`), times, forms, icons, the stream."""
