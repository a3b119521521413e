"""Plays a contest pack from end to end over HTTP, as each of its people, on a private instance of the service."""
