"""Frames of a websocket, after RFC 6455, as a server reads and writes them: no extensions, so no compression."""

from collections.abc import Iterator
from typing import Final

from notifications.domain.errors import BrokenFrame

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002
UNSUPPORTED: Final = 1003
NOT_UTF8: Final = 1007
TOO_BIG: Final = 1009

_FINAL, _RESERVED, _MASKED = 0x80, 0x70, 0x80
_KNOWN = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_SHORT, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127
_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})


class FrameReader:
    """Reads what a client sends, in pieces of any size, into messages of at most `limit` bytes."""

    __slots__ = ("_behind", "_limit", "_message", "_opcode")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._behind = b""
        self._opcode = CONTINUATION
        self._message = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the messages and control frames that are complete: their opcodes and payloads. Raises BrokenFrame."""
        if self._behind:
            data, self._behind = self._behind + data, b""
        at, end = 0, len(data)
        while end - at >= 2:
            begin, size = self._measure(data, at)
            if end < begin + size:
                break
            payload = _unmask(data[begin : begin + size], data[begin - 4 : begin])
            opcode, is_final = data[at] & 0x0F, data[at] >= _FINAL
            at = begin + size
            if opcode >= CLOSE or (is_final and opcode):
                yield opcode, payload
            else:
                yield from self._gather(opcode, is_final, payload)
        self._behind = data[at:]

    def _measure(self, data: bytes, at: int) -> tuple[int, int]:
        """Return where the payload of a frame begins, and its size; beyond the end while too little has come."""
        first, second = data[at], data[at + 1]
        opcode, size = first & 0x0F, second & 0x7F
        if first & _RESERVED or opcode not in _KNOWN or not second & _MASKED:
            raise BrokenFrame("reserved bits, an unknown opcode or no mask", PROTOCOL_ERROR)
        begin = at + 6
        if opcode >= CLOSE:
            if first < _FINAL or size > _SHORT:
                raise BrokenFrame("a control frame is in parts, or too long", PROTOCOL_ERROR)
            return begin, size
        if (opcode == CONTINUATION) != (self._opcode != CONTINUATION):
            raise BrokenFrame("a frame continues nothing, or begins amid a message", PROTOCOL_ERROR)
        if size > _SHORT:
            begin += 2 if size == _TWO_BYTES else 8
            if len(data) < begin:
                return begin, 0
            size = _long_size(data[at + 2 : begin - 4])
        if size + len(self._message) > self._limit:
            raise BrokenFrame(f"a message is longer than {self._limit} bytes", TOO_BIG)
        return begin, size

    def _gather(self, opcode: int, is_final: bool, payload: bytes) -> Iterator[tuple[int, bytes]]:
        self._message += payload
        if not is_final:
            self._opcode = opcode or self._opcode
            return
        whole = self._opcode, self._message
        self._opcode, self._message = CONTINUATION, b""
        yield whole


def _long_size(told: bytes) -> int:
    size = int.from_bytes(told, "big")
    if size <= _SHORT or (len(told) == 8 and not 0xFFFF < size < 1 << 63):
        raise BrokenFrame("a length is told in too many bytes, or none", PROTOCOL_ERROR)
    return size


def _unmask(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ key).to_bytes(size, "little")


def read_text(payload: bytes) -> str:
    """Return the text of a message. Raises BrokenFrame."""
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise BrokenFrame("a message is not UTF-8", NOT_UTF8) from error


def read_farewell(payload: bytes) -> int:
    """Return the code of a CLOSE frame. Raises BrokenFrame for one that may not be sent."""
    if not payload:
        return NORMAL
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or code not in _CODES:
        raise BrokenFrame("a farewell has no code, or one that may not be sent", PROTOCOL_ERROR)
    read_text(payload[2:])
    return code


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a whole message or control frame."""
    size = len(payload)
    if size <= _SHORT:
        return bytes((_FINAL | opcode, size)) + payload
    if size <= 0xFFFF:
        return bytes((_FINAL | opcode, _TWO_BYTES)) + size.to_bytes(2, "big") + payload
    return bytes((_FINAL | opcode, _EIGHT_BYTES)) + size.to_bytes(8, "big") + payload


def farewell(code: int) -> bytes:
    """Return a CLOSE frame."""
    return frame(code.to_bytes(2, "big"), CLOSE)


def payload_of(whole: bytes) -> bytes:
    """Return what a frame of ours carries."""
    match whole[1]:
        case 126:
            return whole[4:]
        case 127:
            return whole[10:]
    return whole[2:]
