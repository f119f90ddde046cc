"""The gate unit of Kakou, and the contract it shares with the hub."""
