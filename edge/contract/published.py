"""The keys of the examples: their secret halves stand in `examples/keys.json` for everybody to read, so nobody may trust them."""

PUBLISHED = frozenset(
    {
        "65a8232ecd48e2cf49e8332e110dff3e88bbd111100d10a750b89bdce3c63325",
        "8db32757316e0f1965ea4c47f1d6aa14455dad38213904c551fabfd6be1584e8",
        "3a4f281d7dbdb8749856c4e2d77add794891550293b9921e2297260f9971dd90",
    }
)
"""Their Ed25519 public keys."""
