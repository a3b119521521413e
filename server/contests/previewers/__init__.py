"""Makers of what the desk shows at once: pictures of pages, a poster and the length of a film; from cleaned copies."""
