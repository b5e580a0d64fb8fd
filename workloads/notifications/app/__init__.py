"""Use cases: asyncio over ports, no libraries."""
