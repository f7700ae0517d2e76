"""Releases of other ontologies: fetch their files, and read them into records; nothing here changes our tables."""
