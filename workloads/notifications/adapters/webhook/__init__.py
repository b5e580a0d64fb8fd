"""Signed calls to systems of others."""
