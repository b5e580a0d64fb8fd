"""Requests that no good client sends, with the statuses that are right for them; 0 is a connection that was closed."""

import gzip
import json
from typing import Any

from tests.integration.bad_inputs.offender import GOOD, HUNG_UP, http, rest

POST = b"POST /api/notifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer @TOKEN\r\n"
GET = b"GET /api/notifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer @TOKEN\r\n"
BODY = json.dumps(GOOD).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
REFUSED = {400, HUNG_UP}


def header(line: bytes) -> bytes:
    """A good request with one more line in its head."""
    return POST + LENGTH + line + b"\r\n\r\n" + BODY


def changed(**changes: Any) -> bytes:
    return rest(None, **changes)


def without_token(line: bytes) -> bytes:
    return b"POST /api/notifications HTTP/1.1\r\nHost: x\r\n" + line + LENGTH + b"\r\n" + BODY


TOKENS: dict[str, tuple[bytes, set[int]]] = {
    "no token": (without_token(b""), {401}),
    "an empty token": (without_token(b"Authorization: Bearer \r\n"), {401}),
    "a scheme without a token": (without_token(b"Authorization: Bearer\r\n"), {401}),
    "another scheme": (without_token(b"Authorization: Basic YTpi\r\n"), {401}),
    "a token of 8 kB": (without_token(b"Authorization: Bearer " + b"x" * 8_100 + b"\r\n"), {400, 401}),
    "a token in the address": (http("GET /api/notifications?token=@TOKEN").replace(b"Bearer @TOKEN", b""), {401}),
    "two tokens": (without_token(b"Authorization: Bearer x\r\nAuthorization: Bearer @TOKEN\r\n"), {401}),
    "a token in bytes beyond ASCII": (without_token(b"Authorization: Bearer \xff\xfe\r\n"), {400, 401}),
    "a token with NUL": (without_token(b"Authorization: Bearer a\0b\r\n"), REFUSED),
    "a token cut short": (without_token(b"Authorization: Bearer @TOKEN"[:-2] + b"\r\n"), {401}),
}
BODIES: dict[str, tuple[bytes, set[int]]] = {
    "an empty body": (rest(b""), {400}),
    "a list": (rest(b"[]"), {400}),
    "JSON cut short": (rest(BODY[:-1]), {400}),
    "JSON and more": (rest(BODY + b"x"), {400}),
    "a form": (rest(b"recipients=mallory&type=message"), {400}),
    "XML": (rest(b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"), {400}),
    "UTF-16": (rest(json.dumps(GOOD).encode("utf-16")), {400}),
    "a byte order mark": (rest(b"\xef\xbb\xbf" + BODY), {400}),
    "bytes that are no UTF-8": (rest(BODY.replace(b"Hello", b"\xff\xc0\xaf")), {400}),
    "nine levels": (changed(metadata={"a": [[[[[[[[]]]]]]]]}), {400}),
    "100,000 levels": (rest(b"[" * 100_000), {400}),
    "100,000 levels of objects": (rest(b'{"a":' * 40_000), {400}),
    "a quarter of a megabyte of escaped quotes": (rest(b'"' + b'\\"' * 130_000), {400}),
    "a lone surrogate": (changed(content="\ud800"), {400}),
    "a lone surrogate among recipients": (changed(recipients=["\udfff"]), {400}),
    "a lone surrogate in metadata": (changed(metadata={"\ud800": 1}), {400}),
    "a surrogate in UTF-8": (rest(BODY.replace(b"Hello", b"\xed\xa0\x80")), {400}),
    "NUL in the content": (changed(content="a\0b"), {400}),
    "NUL among recipients": (changed(recipients=["a\0b"]), {400}),
    "NUL in metadata": (changed(metadata={"a": "\0"}), {400}),
    "a raw NUL": (rest(BODY.replace(b"Hello", b"a\0b")), {400}),
    "NaN": (rest(BODY.replace(b'"Hello"', b"NaN")), {400}),
    "a number beyond everything": (rest(BODY.replace(b"{", b'{"metadata":{"a":1e999},', 1)), {400}),
    "a number of 5,000 digits": (rest(BODY.replace(b"{", b'{"metadata":{"a":%b},' % (b"9" * 5_000), 1)), {400}),
    "a number of 4,000 digits": (rest(BODY.replace(b"{", b'{"metadata":{"a":%b},' % (b"9" * 4_000), 1)), {201, 400}),
    "a very small number": (rest(BODY.replace(b"{", b'{"metadata":{"a":1e-999},', 1)), {201, 400}),
    "1,001 recipients": (changed(recipients=[str(n) for n in range(1_001)]), {400}),
    "no recipients": (changed(recipients=[]), {400}),
    "recipients that are objects": (changed(recipients=[{"id": "a"}]), {400}),
    "a recipient of 129 letters": (changed(recipients=["a" * 129]), {413}),
    "content of 17 kB": (changed(content="x" * 17_000), {413}),
    "metadata of 17 kB": (changed(metadata={"a": "x" * 17_000}), {413}),
    "a field twice": (rest(BODY.replace(b"{", b'{"content":"a",', 1)), {201, 400}),
    "a field of the prototype": (rest(BODY.replace(b"{", b'{"__proto__":{},', 1)), {400}),
    "a priority unknown": (changed(priority="urgent"), {400}),
    "a type with a wildcard": (changed(type="*.>"), {400}),
    "an expiry after the end of time": (changed(expiresAt="9999-12-31T23:59:59-23:59"), {400}),
    "an expiry before its beginning": (changed(expiresAt="0001-01-01T00:00:00+23:59"), {400}),
    "an expiry in year 0": (changed(expiresAt="0000-01-01T00:00:00Z"), {400}),
    "an expiry with a leap second": (changed(expiresAt="2999-12-31T23:59:60Z"), {201, 400}),
    "300 kB": (rest(b"x" * 300_000), {413}),
    "300 kB in chunks": (
        POST + CHUNKED + b"\r\n" + b"".join(b"4000\r\n" + b"x" * 0x4000 + b"\r\n" for _ in range(20)) + b"0\r\n\r\n",
        {413},
    ),
    "a length of 4 GB": (POST + b"Content-Length: 4294967296\r\n\r\nx", {413}),
    "a length of 40 digits": (POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\nx", {400, 413, HUNG_UP}),
    "a megabyte compressed to a kilobyte": (
        http("POST /api/notifications", gzip.compress(bytes(1_000_000)), b"Content-Encoding: gzip"),
        {413},
    ),
    "compressed, but not": (http("POST /api/notifications", BODY, b"Content-Encoding: gzip"), {400}),
    "deflated, but not": (http("POST /api/notifications", BODY, b"Content-Encoding: deflate"), {400}),
    "compressed and cut": (
        http("POST /api/notifications", gzip.compress(BODY)[:-20], b"Content-Encoding: gzip"),
        {400},
    ),
    "in a compression nobody knows": (http("POST /api/notifications", BODY, b"Content-Encoding: zip"), {201, 400}),
    "another content type": (header(b"Content-Type: text/xml; charset=utf-7"), {201, 400, 415}),
    "a content type without end": (header(b"Content-Type: multipart/form-data; boundary="), {201, 400, 415}),
}
ADDRESSES: dict[str, tuple[bytes, set[int]]] = {
    "PUT": (http("PUT /api/notifications"), {405}),
    "DELETE": (http("DELETE /api/notifications"), {405}),
    "TRACE": (http("TRACE /api/notifications"), {400, 405}),
    "CONNECT": (http("CONNECT x:443"), {400, 404}),
    "PRI": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED),
    "a method nobody knows": (http("BREW /api/notifications"), REFUSED),
    "a method in lower case": (http("get /api/notifications"), REFUSED),
    "a method of 1,000 letters": (http("G" * 1_000 + " /"), REFUSED),
    "a path nobody knows": (http("GET /api/absent"), {404}),
    "a path out of the demo": (http("GET /demo/..%2f..%2f..%2fgateway.py"), {400, 404}),
    "a path out of the demo, undisguised": (http("GET /demo/../../../gateway.py"), {400, 404}),
    "a path with NUL": (http("GET /demo/%00"), {400, 404}),
    "a path of bytes beyond ASCII": (http("GET /\u00ff").replace("\u00ff".encode(), b"\xff"), {400, 404}),
    "a path of 9 kB": (http("GET /" + "a" * 9_000), {400, 404, 414}),
    "a path of 200 folders": (http("GET " + "/a" * 200), {404}),
    "an asterisk": (http("GET *"), {400, 404}),
    "an address that is not closed": (http("GET http://[::1"), REFUSED),
    "an address of somebody else": (http("GET http://example.com/api/notifications"), {200, 400, 404}),
    "an id that is none": (http("PATCH /api/notifications/1/read"), {404}),
    "an id of NUL": (http("PATCH /api/notifications/%00/read"), {404}),
    "an id of a surrogate": (http("PATCH /api/notifications/%ED%A0%80/read"), {400, 404}),
    "an id of the year 10889": (http("PATCH /api/notifications/ffffffff-ffff-7fff-bfff-ffffffffffff/read"), {404}),
    "an id in SQL": (http("PATCH /api/notifications/1%27%20OR%201=1--/read"), {404}),
    "an id of 5 kB": (http("PATCH /api/notifications/" + "1" * 5_000 + "/read"), {404}),
    "a limit of 0": (http("GET /api/notifications?limit=0"), {400}),
    "a limit of 10^30": (http("GET /api/notifications?limit=1" + "0" * 30), {400}),
    "a limit of 5,000 digits": (http("GET /api/notifications?limit=" + "1" * 5_000), {400}),
    "a limit in raised digits": (http("GET /api/notifications?limit=%C2%B2"), {400}),
    "a page that overflows": (http("GET /api/notifications?page=999999999&limit=100"), {400}),
    "a page of NaN": (http("GET /api/notifications?page=NaN"), {400}),
    "a flag of NUL": (http("GET /api/notifications?unreadOnly=%00"), {400}),
    "a cursor of nothing": (http("GET /api/notifications?after="), {400}),
    "a cursor of NUL": (http("GET /api/notifications?after=%00"), {400}),
    "a cursor of 5 kB": (http("GET /api/notifications?after=" + "A" * 5_000), {400}),
    "a cursor of another life": (http("GET /api/notifications?after=AQ" + "A" * 42), {410}),
    "a cursor of the largest numbers": (http("GET /api/notifications?after=AQ" + "_" * 41 + "8"), {400, 410}),
    "a query that is broken": (http("GET /api/notifications?%&&&=%zz&limit"), {400}),
    "a range of the demo page that is none": (http("GET /", b"", b"Range: bytes=9-1"), {200, 400, 416}),
    "a range of many": (http("GET /", b"", b"Range: bytes=" + b"0-1," * 500 + b"0-1"), {200, 400, 416}),
    "a date that is none": (http("GET /", b"", b"If-Modified-Since: yesterday"), {200}),
    "a date of year 0": (http("GET /", b"", b"If-Modified-Since: Sat, 01 Jan 0000 00:00:00 GMT"), {200}),
}
KEYS: dict[str, tuple[bytes, set[int]]] = {
    "a key of nothing": (header(b"Idempotency-Key:"), {400}),
    "a key of 129 letters": (header(b"Idempotency-Key: " + b"k" * 129), {413}),
    "a key of 5 kB": (header(b"Idempotency-Key: " + b"k" * 5_000), {413}),
    "a key of bytes beyond ASCII": (header(b"Idempotency-Key: \xff\xfe"), {400}),
    "a key with NUL": (header(b"Idempotency-Key: a\0b"), REFUSED),
    "a key in SQL": (header(b"Idempotency-Key: '); DROP TABLE notifications; --"), {201, 422}),
}
HEADS: dict[str, tuple[bytes, set[int]]] = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", REFUSED),
    "two hosts": (header(b"Host: y"), {201, 400}),
    "HTTP/0.9": (b"GET /\r\n\r\n", {200, 400, HUNG_UP}),
    "HTTP/9.9": (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", REFUSED),
    "no version": (b"GET / HTTP/\r\nHost: x\r\n\r\n", REFUSED),
    "line feeds alone": (b"GET / HTTP/1.1\nHost: x\n\n", {200, 400, HUNG_UP}),
    "a folded header": (header(b"X: a\r\n b"), REFUSED),
    "a header with NUL": (header(b"X: a\0b"), REFUSED),
    "a header without a colon": (header(b"X"), REFUSED),
    "a header without a name": (header(b": x"), REFUSED),
    "a header of 9 kB": (header(b"X: " + b"a" * 9_000), {400, HUNG_UP}),
    "500 headers": (header(b"\r\n".join(b"X-%d: a" % n for n in range(500))), {201, 400, HUNG_UP}),
    "a space before a colon": (header(b"X : a"), REFUSED),
    "an expectation nobody meets": (header(b"Expect: miracles"), {417}),
    "a TLS greeting": (bytes.fromhex("16030100c8010000c40303") + bytes(200), REFUSED),
    "an SSH greeting": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", REFUSED),
    "random bytes": (bytes(range(256)) + b"\r\n\r\n", REFUSED),
}
SMUGGLING: dict[str, tuple[bytes, set[int]]] = {
    "length and chunks": (POST + LENGTH + CHUNKED + b"\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", REFUSED),
    "chunks and length": (POST + CHUNKED + LENGTH + b"\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", REFUSED),
    "two lengths": (POST + b"Content-Length: 5\r\n" + LENGTH + b"\r\n" + BODY, REFUSED),
    "one length twice": (POST + LENGTH + LENGTH + b"\r\n" + BODY, {201, 400, HUNG_UP}),
    "two lengths in one": (POST + b"Content-Length: 5, 6\r\n\r\n" + BODY, REFUSED),
    "a length with a sign": (POST + b"Content-Length: +%d\r\n\r\n" % len(BODY) + BODY, REFUSED),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n" + BODY, REFUSED),
    "a length in hexadecimal": (POST + b"Content-Length: 0x10\r\n\r\n" + BODY, REFUSED),
    "a length with an underscore": (POST + b"Content-Length: 1_0\r\n\r\n" + BODY, REFUSED),
    "a length in other digits": (POST + b"Content-Length: \xd9\xa1\r\n\r\n" + BODY, REFUSED),
    "a length of nothing": (POST + b"Content-Length:\r\n\r\n", REFUSED),
    "a space before the colon of the length": (POST + b"Content-Length : 5\r\n\r\n12345", REFUSED),
    "an encoding that is none": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", REFUSED),
    "chunked twice": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", REFUSED),
    "chunked and then not": (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", REFUSED),
    "chunked behind a vertical tab": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", REFUSED),
    "chunked with HTTP/1.0": (POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n", {400, HUNG_UP}),
    "a chunk of a size that is none": (POST + CHUNKED + b"\r\nZZ\r\nxx\r\n0\r\n\r\n", REFUSED),
    "a chunk of a negative size": (POST + CHUNKED + b"\r\n-1\r\nxx\r\n0\r\n\r\n", REFUSED),
    "a chunk of a size with a prefix": (POST + CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n", REFUSED),
    "a chunk of 2^64 bytes": (POST + CHUNKED + b"\r\n10000000000000000\r\n{}\r\n0\r\n\r\n", REFUSED),
    "a chunk longer than it says": (POST + CHUNKED + b"\r\n1\r\n{}\r\n0\r\n\r\n", REFUSED),
    "a chunk that ends in a line feed": (POST + CHUNKED + b"\r\n2\r\n{}\n0\r\n\r\n", REFUSED),
    "a trailer that is a length": (POST + CHUNKED + b"\r\n2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n", {400, HUNG_UP}),
    "a request hidden in the body of a GET": (
        GET + b"Content-Length: 30\r\n\r\nGET /x HTTP/1.1\r\nHost: y\r\n\r\n..",
        {200, 400},
    ),
    "an upgrade with a body": (
        POST + b"Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n{}GET / HTTP/1.1\r\n\r\n",
        {400, HUNG_UP},
    ),
    "an upgrade to HTTP/2": (GET + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n", {200, 400}),
}
CASES = {**TOKENS, **BODIES, **ADDRESSES, **KEYS, **HEADS, **SMUGGLING}
