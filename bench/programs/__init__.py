"""Whole programs, run in the built function's place: they see its libraries and no others."""
