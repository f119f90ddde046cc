"""The first setting up of a town in the browser: the one-time code, which steps are done, what each step writes."""
