"""Secrets in files."""
