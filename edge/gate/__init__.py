"""The gate's loop: events come in one queue, are routed to their lane, are recorded, and only then move anything."""
