"""Rank diseases for a patient, weigh POEMS against its rivals, say why, and what to ask next. Not medical advice."""
