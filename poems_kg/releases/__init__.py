"""Whole releases of other ontologies: which are known, where their files are, and readers for them."""
