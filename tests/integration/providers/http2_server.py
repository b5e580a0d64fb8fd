"""An HTTP/2 server on h2 that does what its service decides, however wrong that is."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset, WindowUpdated
from h2.exceptions import ProtocolError

from tests.integration.providers.authority import HOST
from tests.integration.providers.service import FLOOD_CHUNK, FLOOD_CHUNKS, GARBAGE, Mischief, Reply, Seen, Service


@asynccontextmanager
async def serve_http2(service: Service, tls: ssl.SSLContext) -> AsyncIterator[Service]:
    """Serve on a free port, which the service's `url` then names."""
    connections: list[Connection] = []

    def accept() -> Connection:
        connections.append(Connection(service))
        return connections[-1]

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0, ssl=tls)
    service.url = f"https://{HOST}:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()
        for connection in connections:
            connection.transport.abort()
        await server.wait_closed()


@dataclass
class Stream:
    """A request as far as it has come in, and how much of a flood is still to go out."""

    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)
    chunks_left: int = 0


class Connection(asyncio.Protocol):
    """One client."""

    transport: asyncio.Transport

    def __init__(self, service: Service) -> None:
        self._service = service
        self._http2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._streams: dict[int, Stream] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._http2.initiate_connection()
        self._write()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._http2.receive_data(data):
                self._react(event)
        except ProtocolError:
            self.transport.abort()
        self._write()

    def _react(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=int(stream), headers=headers):
                self._streams[stream] = Stream({str(name): str(value) for name, value in headers})
            case DataReceived(stream_id=int(stream), data=bytes(data), flow_controlled_length=int(length)):
                self._streams[stream].body += data
                self._http2.acknowledge_received_data(length, stream)
            case StreamEnded(stream_id=int(stream)):
                self._answer(stream)
            case StreamReset(stream_id=int(stream)):
                self._streams.pop(stream, None)
            case WindowUpdated():
                for stream in list(self._streams):
                    self._flood(stream)

    def _answer(self, stream: int) -> None:
        request = self._streams[stream]
        match self._service.decide(Seen(request.headers[":path"], request.headers, bytes(request.body))):
            case Reply() as reply:
                headers = [(":status", str(reply.status)), *reply.headers.items()]
                self._http2.send_headers(stream, headers)
                self._http2.send_data(stream, reply.body, end_stream=True)
            case Mischief.DROP:
                self.transport.abort()
            case Mischief.GARBAGE:
                self.transport.write(GARBAGE)
                self.transport.close()
            case Mischief.FLOOD:
                self._http2.send_headers(stream, [(":status", "200")])
                request.chunks_left = FLOOD_CHUNKS
                self._flood(stream)

    def _flood(self, stream: int) -> None:
        request = self._streams[stream]
        while request.chunks_left and self._http2.local_flow_control_window(stream) >= len(FLOOD_CHUNK):
            self._http2.send_data(stream, FLOOD_CHUNK)
            self._service.flooded += len(FLOOD_CHUNK)
            request.chunks_left -= 1

    def _write(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self._http2.data_to_send())
