"""Tokens on PyJWT."""
