"""The record of truth in PostgreSQL: one file a port, all over one pool."""
