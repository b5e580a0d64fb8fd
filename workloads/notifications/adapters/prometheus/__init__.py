"""Metrics on prometheus-client."""
