"""The JSON API: thin controllers over the services that the pages call."""
