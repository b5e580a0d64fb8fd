"""Requests to servers of others: HTTP/1.1 on aiohttp, HTTP/2 on httpx2."""
