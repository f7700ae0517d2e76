"""Turn Phenopackets and plain lists into patients: findings present and excluded, ready for criteria and ranking."""
