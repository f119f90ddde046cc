"""The web server: receives requests, answers with pages. A subject's pages are its own `views` and `templates/<subject>`, wired in `app`."""
