"""The web server: requests in, pages out."""
