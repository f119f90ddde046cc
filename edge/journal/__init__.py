"""The gate's durable journal: records are kept before anything moves, and leave only when the hub has acknowledged them."""
