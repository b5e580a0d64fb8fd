"""How the server answers to what is published into a stream."""

from typing import Final

import msgspec


class ServerError(msgspec.Struct):
    """Why the server did not do something."""

    description: str = "an error that the server does not describe"
    err_code: int = 0


class PubAck(msgspec.Struct):
    """Without an error the message has been stored, now or before, under the number `seq`."""

    error: ServerError | None = None
    seq: int = 0


_decoder: Final = msgspec.json.Decoder(PubAck)


def read_acknowledgement(data: bytes) -> PubAck:
    """Return what an answer without a status says."""
    return _decoder.decode(data)
