/* Sends messages at a steady rate over some connections, whatever becomes of those before: an open loop.

   The order is a file of lines: "socketio", "http" or "nats"; "STEP RATE SECONDS LANES CHANCE AFTER"; the ports; what is said
   on connecting (CONNECT's auth, or NATS's options); a head (an HTTP request's up to its headers' end but for
   Content-Length, or a subject); a body; and a line a target, "NAME WEIGHT". In head and body $T stands for the
   target, $M for the mark, $N for the number within the sequence and $P for the number before it; \r\n and \n end lines.

   A sequence belongs to one target and one connection, so it has an order; its numbers follow AFTER. Targets take turns, or come by chance.
   Prints a line of JSON: how many were sent, what their targets weigh in all, what the servers said. */

#include "wire.h"
#include <poll.h>

enum { LANES = 64, ROOM = 1 << 16 };
enum Kind { SOCKETIO, HTTP, NATS };

typedef struct {
    int fd;
    char *out, carry[16];
    size_t size, room;
} Lane;

typedef struct {
    char *name;
    long weight;
} Target;

static enum Kind kind;
static int step, lanes, by_chance, targets_count, sequences;
static double rate, seconds;
static char *login, *head, *body, reason[200];
static Lane lane[LANES];
static Target *targets;
static long *numbers, published, deliveries, accepted, refused;

static void append(Lane *to, const char *data, size_t length) {
    if (to->size + length > to->room) to->out = grow(to->out, to->room = 2 * (to->size + length));
    memcpy(to->out + to->size, data, length);
    to->size += length;
}

/* Fill a template; return the length. */
static size_t fill(char *to, const char *template, const char *target, const char *mark, long number) {
    char *at = to;
    for (const char *from = template; *from && at - to < ROOM - 256; from++) {
        if (*from == '\\' && from[1] == 'r') {
            at = stpcpy(at, "\r\n");
            from += 3;
        } else if (*from == '\\' && from[1] == 'n') {
            *at++ = '\n';
            from++;
        } else if (*from != '$') {
            *at++ = *from;
        } else {
            from++;
            if (*from == 'T') at = stpcpy(at, target);
            if (*from == 'M') at = stpcpy(at, mark);
            if (*from == 'N') at += sprintf(at, "%ld", number);
            if (*from == 'P') at += sprintf(at, "%ld", number - 1);
        }
    }
    *at = 0;
    return (size_t)(at - to);
}

static void publish(int64_t due) {
    static char text[ROOM], first[ROOM], framed[ROOM + 16];
    int sequence = (int)(by_chance ? random() % sequences : published % sequences);
    Target *target = &targets[sequence % targets_count];
    Lane *to = &lane[sequence % lanes];
    char mark[64];
    long number = ++numbers[sequence];
    snprintf(mark, sizeof mark, MARK_FORMAT, step, sequence, number, due);
    size_t length = fill(text, body, target->name, mark, number), before = fill(first, head, target->name, mark, number);
    if (kind == SOCKETIO) {
        append(to, framed, write_frame(framed, text, length, 1));
    } else {
        append(to, first, before);
        append(to, framed, (size_t)sprintf(framed, kind == HTTP ? "Content-Length: %zu\r\n\r\n" : " %zu\r\n", length));
        append(to, text, length);
        if (kind == NATS) append(to, "\r\n", 2);
    }
    published++;
    deliveries += target->weight;
}

static void object(const char *why) {
    refused++;
    snprintf(reason, sizeof reason, "%.*s", (int)strcspn(why, "\r\n\"\\"), why);
}

/* Look through what a server said; an answer's status may come in two parts, so the last bytes are kept. */
static void hear(Lane *from) {
    static char text[ROOM + 16];
    size_t kept = strlen(from->carry);
    memcpy(text, from->carry, kept);
    ssize_t got = recv(from->fd, text + kept, ROOM - 1, MSG_DONTWAIT);
    if (got == 0) fail("a server closed the publisher's connection");
    if (got < 0) return;
    text[kept + (size_t)got] = 0;
    from->carry[0] = 0;
    if (kind == HTTP) {
        const char *at = text, *end = text + kept + got, *found;
        for (; (found = memmem(at, (size_t)(end - at), "HTTP/1.1 ", 9)) && end - found >= 12; at = found + 12) {
            if (found[9] == '2')
                accepted++;
            else
                object(found);
        }
        if (!found) found = end - at > 8 ? end - 8 : at;
        snprintf(from->carry, sizeof from->carry, "%.*s", (int)(end - found), found);
    } else if (kind == NATS) {
        if (strstr(text, "PING\r\n")) append(from, "PONG\r\n", 6);
        if (strstr(text, "-ERR")) object(strstr(text, "-ERR"));
    } else if (memmem(text, (size_t)got, "44{", 3) || memmem(text, (size_t)got, "[\"error\"", 8)) {
        object(text + 2);
    }
}

/* Write and read what can be without waiting, after at most so many milliseconds. */
static void pump(int wait) {
    struct pollfd polled[LANES];
    for (int i = 0; i < lanes; i++)
        polled[i] = (struct pollfd){lane[i].fd, (short)(POLLIN | (lane[i].size ? POLLOUT : 0)), 0};
    if (poll(polled, (nfds_t)lanes, wait) <= 0) return;
    for (int i = 0; i < lanes; i++) {
        if (polled[i].revents & POLLIN) hear(&lane[i]);
        if (!(polled[i].revents & POLLOUT)) continue;
        ssize_t sent = send(lane[i].fd, lane[i].out, lane[i].size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0) continue;
        memmove(lane[i].out, lane[i].out + sent, lane[i].size -= (size_t)sent);
    }
}

static int has_unsent(void) {
    for (int i = 0; i < lanes; i++)
        if (lane[i].size) return 1;
    return 0;
}

static void await_text(Lane *from, const char *wanted) {
    static char text[ROOM];
    for (size_t size = 0; !memmem(text, size, wanted, strlen(wanted)); text[size] = 0) {
        struct pollfd polled = {from->fd, POLLIN, 0};
        if (size > ROOM / 2 || poll(&polled, 1, 10000) <= 0) break;
        ssize_t got = recv(from->fd, text + size, ROOM - 1 - size, MSG_DONTWAIT);
        if (got == 0) break;
        if (got > 0) size += (size_t)got;
        if (memmem(text, size, wanted, strlen(wanted))) return;
    }
    fprintf(stderr, "a server did not say %s but: %.300s\n", wanted, text);
    exit(1);
}

static void open_lane(Lane *to, int port) {
    static char text[ROOM], framed[ROOM + 16];
    to->fd = dial(port);
    if (kind == SOCKETIO) {
        int length = write_upgrade(text, sizeof text, "/socket.io/?EIO=4&transport=websocket");
        append(to, text, (size_t)length);
        struct pollfd polled = {to->fd, POLLOUT, 0};
        poll(&polled, 1, 5000);
        send(to->fd, to->out, to->size, MSG_NOSIGNAL);
        to->size = 0;
        await_text(to, "0{");
        length = snprintf(text, sizeof text, "40%s", login);
        send(to->fd, framed, write_frame(framed, text, (size_t)length, 1), MSG_NOSIGNAL);
        await_text(to, "40{");
    } else if (kind == NATS) {
        await_text(to, "INFO ");
        int length = snprintf(text, sizeof text, "CONNECT %s\r\nPING\r\n", login);
        send(to->fd, text, (size_t)length, MSG_NOSIGNAL);
        await_text(to, "PONG");
    }
}

static void read_order(FILE *order) {
    char *line = need_line(order), *ports, *save = NULL;
    kind = !strcmp(line, "http") ? HTTP : !strcmp(line, "nats") ? NATS : SOCKETIO;
    long after = 0;
    sscanf(need_line(order), "%d %lf %lf %d %d %ld", &step, &rate, &seconds, &lanes, &by_chance, &after);
    ports = need_line(order);
    login = need_line(order);
    head = need_line(order);
    body = need_line(order);
    while ((line = read_line(order))) {
        targets = grow(targets, sizeof(Target) * (size_t)++targets_count);
        targets[targets_count - 1] = (Target){strtok_r(line, " ", &save), atol(save)};
    }
    if (lanes > LANES || !targets_count) fail("too many lanes, or no targets");
    sequences = targets_count >= lanes ? targets_count : targets_count * ((lanes + targets_count - 1) / targets_count);
    numbers = calloc((size_t)sequences, sizeof(long));
    for (int i = 0; i < sequences; i++) numbers[i] = after;
    int given[8], many = 0;
    for (char *port = strtok_r(ports, " ", &save); port && many < 8; port = strtok_r(NULL, " ", &save))
        given[many++] = atoi(port);
    for (int i = 0; i < lanes; i++) open_lane(&lane[i], given[i % many]);
}

int main(int arguments, char **values) {
    read_order(open_order(arguments, values));
    int64_t began = now(), latest = 0, deadline = began + (int64_t)(2e9 * seconds) + 1000000000;
    long all = (long)(rate * seconds + 0.5);
    while ((published < all || has_unsent()) && now() < deadline) {
        int64_t due, at = now();
        while (published < all && (due = began + (int64_t)((double)published * 1e9 / rate)) <= at) {
            if (at - due > latest) latest = at - due;
            publish(due);
        }
        pump(0);
        due = began + (int64_t)((double)published * 1e9 / rate);
        int64_t rest = published < all ? due - now() : 1000000;
        if (rest > 0) {
            struct timespec pause = {0, rest < 1000000 ? rest < 100000 ? 100000 : rest : 1000000};
            nanosleep(&pause, NULL);
        }
    }
    int64_t last = now();
    while (kind == HTTP && accepted + refused < published && now() < deadline) pump(10);
    printf("{\"published\":%ld,\"deliveries\":%ld,\"accepted\":%ld,\"refused\":%ld,\"reason\":\"%s\",\"lateMs\":%.3f,"
           "\"seconds\":%.3f,\"cpuSeconds\":%.3f}\n",
           published, deliveries, accepted, refused, reason, (double)latest / 1e6, (double)(last - began) / 1e9,
           processor_seconds());
    return 0;
}
