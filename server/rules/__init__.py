"""Rules that every room shares: signatures, canonical JSON and the envelope of what is signed."""
