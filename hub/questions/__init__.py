"""Reports upwards and questions from above: asked, assigned, answered, closed."""
