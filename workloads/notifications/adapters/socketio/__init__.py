"""Sockets: Engine.IO 4 and Socket.IO 5 on websockets of our own and on polling through aiohttp.

From the bytes to the session: `upgrade` and `frames` (RFC 6455), `websocket` and `polling` (what carries packets),
`connection` and `engine` (Engine.IO: order, pings, the end), `server` and `socket` (Socket.IO). `entrance` lets in,
`forward` passes on what belongs to another gateway. docs/adr/0009 says why none of it is a library's.
"""
