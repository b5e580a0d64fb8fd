/* The limit: a server that does nothing but send(), once for each member of a room. It speaks as much of Socket.IO as
   the load needs and looks at no token. Its one argument is the port. */

#include "../native/wire.h"
#include <sys/epoll.h>

enum { BUFFER = 1 << 18, EVENTS = 512, FILES = 1 << 16, ROOMS = 1024 };

typedef struct {
    char *rest;
    size_t size;
    int upgraded;
} Peer;

typedef struct {
    char name[64];
    int *members, count;
} Room;

static Peer *peers[FILES];
static Room rooms[ROOMS];
static int rooms_count;

/* Write a frame as a server does: without a mask. */
static size_t write_text(char *to, const char *text, size_t length) {
    uint8_t head[4] = {0x81, length < 126 ? (uint8_t)length : 126, (uint8_t)(length >> 8), (uint8_t)length};
    size_t size = length < 126 ? 2 : 4;
    memcpy(to, head, size);
    memcpy(to + size, text, length);
    return size + length;
}

static void say(int fd, const char *text) {
    char framed[256];
    send(fd, framed, write_text(framed, text, strlen(text)), MSG_NOSIGNAL);
}

static Room *find_room(const char *name, size_t length) {
    for (int i = 0; i < rooms_count; i++)
        if (strlen(rooms[i].name) == length && !memcmp(rooms[i].name, name, length)) return &rooms[i];
    if (rooms_count == ROOMS || length >= sizeof rooms->name) fail("too many rooms");
    memcpy(rooms[rooms_count].name, name, length);
    return &rooms[rooms_count++];
}

/* 42ID["room:join","NAME"] */
static void join(int fd, const char *text, size_t length) {
    const char *name = memmem(text, length, "\",\"", 3) + 3, *end = memchr(name, '"', (size_t)(text + length - name));
    Room *room = find_room(name, (size_t)(end - name));
    room->members = grow(room->members, sizeof(int) * (size_t)(room->count + 1));
    room->members[room->count++] = fd;
    char answer[64];
    snprintf(answer, sizeof answer, "43%d[{\"ok\":true}]", atoi(text + 2));
    say(fd, answer);
}

/* 42["room:send",{"room":"NAME","payload":{...}}] */
static void broadcast(const char *text, size_t length) {
    static char message[BUFFER], framed[BUFFER + 4];
    const char *from = strchr(text, '{');
    const char *name = from + 9, *end = strchr(name, '"');
    static long number;
    int size = snprintf(message, BUFFER, "42[\"room:message\",{\"id\":\"%ld\",\"from\":\"c\",\"timestamp\":%ld,%.*s", ++number,
                        (long)time(NULL) * 1000, (int)(text + length - from - 1), from + 1);
    size_t framed_size = write_text(framed, message, (size_t)size);
    Room *room = find_room(name, (size_t)(end - name));
    for (int i = 0; i < room->count; i++) send(room->members[i], framed, framed_size, MSG_NOSIGNAL);
}

static void leave(int fd) {
    for (int i = 0; i < rooms_count; i++)
        for (int k = 0; k < rooms[i].count; k++)
            if (rooms[i].members[k] == fd) rooms[i].members[k--] = rooms[i].members[--rooms[i].count];
    free(peers[fd]->rest);
    free(peers[fd]);
    peers[fd] = NULL;
    close(fd);
}

static void serve(int fd, char *text, size_t length) {
    char kept = text[length];
    text[length] = 0;
    if (!strncmp(text, "40", 2)) say(fd, "40{\"sid\":\"x\"}");
    if (strstr(text, "[\"room:join\"")) join(fd, text, length);
    if (!strncmp(text, "42[\"room:send\"", 14)) broadcast(text, length);
    text[length] = kept;
}

static void receive(int fd) {
    static char buffer[BUFFER];
    Peer *peer = peers[fd];
    memcpy(buffer, peer->rest, peer->size);
    ssize_t got = recv(fd, buffer + peer->size, BUFFER - 1 - peer->size, MSG_DONTWAIT);
    if (got <= 0) return leave(fd);
    size_t size = peer->size + (size_t)got, used = 0, taken;
    if (!peer->upgraded) {
        const char *end = memmem(buffer, size, "\r\n\r\n", 4);
        used = end ? (size_t)(end + 4 - buffer) : 0;
        if (end) {
            const char *answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
            send(fd, answer, strlen(answer), MSG_NOSIGNAL);
            say(fd, "0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":60000}");
            peer->upgraded = 1;
        }
    }
    Frame frame;
    while (peer->upgraded && (taken = read_frame(buffer + used, size - used, &frame))) {
        used += taken;
        if (frame.opcode == 1) serve(fd, frame.text, frame.length);
    }
    peer->size = size - used;
    peer->rest = grow(peer->rest, peer->size + 1);
    memcpy(peer->rest, buffer + used, peer->size);
}

int main(int arguments, char **values) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)(arguments == 2 ? atoi(values[1]) : 0));
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, epoll = epoll_create1(EPOLL_CLOEXEC);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) fail("listen");
    struct epoll_event events[EVENTS], added = {.events = EPOLLIN, .data.fd = listener};
    for (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &added);;) {
        int found = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < found; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                receive(fd);
                continue;
            }
            if ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0 || fd >= FILES) fail("accept");
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            peers[fd] = calloc(1, sizeof(Peer));
            peers[fd]->rest = grow(NULL, 1);
            added = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &added);
        }
    }
}
