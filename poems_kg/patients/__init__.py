"""Patients: Phenopackets and plain lists become records of present and excluded findings, ready for criteria and ranking."""
