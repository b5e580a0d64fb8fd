/* What both sides of the load speak: TCP on this machine, websocket frames, JSON texts in which a mark is hidden. */

#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A mark is a string in the payload of every message: ~step.sequence.number.time, in decimal digits of fixed width;
   the time is that at which the message was due, in nanoseconds of CLOCK_MONOTONIC. */
#define MARK_FORMAT "~%04d.%05d.%010ld.%017ld"
enum { MARK_HEAD = 6, MARK_SEQUENCE = 6, MARK_NUMBER = 12, MARK_TIME = 23, MARK = 40 };

static inline int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static inline double processor_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static inline _Noreturn void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline void *grow(void *memory, size_t size) {
    if (!(memory = realloc(memory, size))) fail("no memory");
    return memory;
}

/* Read a line without its end; NULL at the end of the file. The caller frees it. */
static inline char *read_line(FILE *from) {
    char *line = NULL;
    size_t room = 0;
    ssize_t length = getline(&line, &room, from);
    if (length < 0) {
        free(line);
        return NULL;
    }
    if (length && line[length - 1] == '\n') line[length - 1] = 0;
    return line;
}

static inline char *need_line(FILE *from) {
    char *line = read_line(from);
    if (!line) fail("the order ends too early");
    return line;
}

static inline FILE *open_order(int arguments, char **values) {
    FILE *order = arguments == 2 ? fopen(values[1], "r") : NULL;
    if (!order) fail("the one argument is the file of the order");
    return order;
}

/* Begin to connect to a port of this machine; the socket does not block. */
static inline int dial(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct linger reset = {.l_onoff = 1}; /* no port is left waiting behind the thousands of connections of a step */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) fail("connect");
    return fd;
}

/* Write the request for a websocket into `out`; return its length. */
static inline int write_upgrade(char *out, size_t room, const char *path) {
    return snprintf(out, room,
                    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                    path);
}

/* Write a frame as a client must into `out`, which has room for 14 bytes more than the text: its mask is four zeros,
   which changes nothing. Return its length. */
static inline size_t write_frame(char *out, const char *text, size_t length, int opcode) {
    uint8_t *at = (uint8_t *)out;
    *at++ = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        *at++ = (uint8_t)(0x80 | length);
    } else {
        *at++ = 0x80 | 126;
        *at++ = (uint8_t)(length >> 8);
        *at++ = (uint8_t)length;
    }
    memset(at, 0, 4);
    memcpy(at + 4, text, length);
    return (size_t)((char *)at + 4 + length - out);
}

typedef struct {
    int opcode;
    char *text;
    size_t length;
} Frame;

/* Find the frame at the beginning of `size` bytes; return how many bytes it takes, 0 while part of it is missing. */
static inline size_t read_frame(char *data, size_t size, Frame *frame) {
    const uint8_t *at = (uint8_t *)data;
    if (size < 2) return 0;
    size_t length = at[1] & 0x7f, head = 2 + (at[1] & 0x80 ? 4 : 0);
    if (length == 126) {
        if (size < 4) return 0;
        length = (size_t)at[2] << 8 | at[3];
        head += 2;
    } else if (length == 127) {
        if (size < 10) return 0;
        length = (size_t)at[6] << 24 | (size_t)at[7] << 16 | (size_t)at[8] << 8 | at[9];
        head += 8;
    }
    if (size < head + length) return 0;
    *frame = (Frame){at[0] & 0x0f, data + head, length};
    return head + length;
}
