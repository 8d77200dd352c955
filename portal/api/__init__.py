"""Machine interfaces and standard formats."""
