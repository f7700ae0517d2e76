"""
Every disease of HPO's annotations with our curated claims, as arrays: findings, hierarchy, frequencies, similarity.

:func:`poems_kg.profiles.index.open_index` is the door. Arrays are mapped from disk, so that opening costs next to
nothing and processes share them.
"""
