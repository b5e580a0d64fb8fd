"""Sockets on python-socketio and aiohttp.

The library traps that this front closes, each in one place: `driver` (compression per recipient, unchecked frames,
unbounded bodies), `outbound` (unbounded queues), `packets` (binary attachments, hostile JSON), `server` (a task per
event, no limit on connecting, tracebacks for bad packets).
"""
