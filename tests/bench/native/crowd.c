/* Many clients in one process: they connect with a token, join their rooms, and check what arrives for loss and order.

   The order is a file: a line "socketio", "gateway" (which says `connected` when it is ready for a client) or
   "centrifugo", a line "STEP SEQUENCES AT_ONCE RATE SPIN RECOVER", the number of clients, and a line a client, "PORT
   TOKEN ROOM ROOM ...". Commands come by standard input: `report` prints one line of JSON, `cut` closes all
   connections, `back` connects them again with the offset that each has seen (who is then sent away tries again a
   second later), and the end of the input ends the process.

   AT_ONCE handshakes are under way at a time; with a RATE, so many begin each second whatever becomes of others. */

#include "wire.h"
#include <sys/epoll.h>

enum State { WAITING, OPENING, UPGRADING, GREETING, JOINING, READY, CLOSED };
enum { AGAIN = 1000000000, BUFFER = 1 << 20, EVENTS = 1024, OCTAVES = 40, PARTS = 64, OFFSET = 160 };

typedef struct {
    int fd, port, rooms, answers;
    enum State state;
    char *token, *joins, *rest;
    size_t rest_length;
    int64_t begun, ended;
    uint32_t *last;
    char pid[64], offset[OFFSET];
} Client;

static Client *clients;
static int count, centrifugo, greets, step, sequences, at_once, rate, spin, recover;
static int started, under_way, ready, closed, refused, away, again, epoll, hint;
static int64_t began, ready_at, arrived_at;
static uint64_t received, reordered, handshakes[OCTAVES * PARTS], latencies[OCTAVES * PARTS];
static char buffer[BUFFER], reason[400], needle[16], out[BUFFER];

/* Times are counted in buckets of 1/64 of their size, in microseconds. */
static void note(uint64_t *counts, int64_t nanoseconds) {
    uint64_t value = nanoseconds > 0 ? (uint64_t)nanoseconds / 1000 + PARTS : PARTS;
    int octave = 63 - __builtin_clzll(value);
    counts[(octave - 6) * PARTS + (int)(value >> (octave - 6)) - PARTS]++;
}

static double find_share(const uint64_t *counts, double share) {
    uint64_t all = 0, below = 0;
    for (int i = 0; i < OCTAVES * PARTS; i++) all += counts[i];
    for (int i = 0; i < OCTAVES * PARTS; i++)
        if ((below += counts[i]) && (double)below >= share * (double)all)
            return (double)((((uint64_t)(i % PARTS) + PARTS) << (i / PARTS)) - PARTS) / 1000;
    return 0;
}

static void report(void) {
    printf("{\"count\":%d,\"ready\":%d,\"closed\":%d,\"again\":%d,\"refused\":%d,\"reason\":\"", count, ready, closed,
           again, refused);
    for (const char *at = reason; *at; at++)
        if (*at >= ' ' && *at != '"' && *at != '\\') putchar(*at);
    printf("\",\"connectSeconds\":%.6f,\"connectMs\":[%.3f,%.3f,%.3f],", (double)(ready_at - began) / 1e9,
           find_share(handshakes, .5), find_share(handshakes, .95), find_share(handshakes, .99));
    printf("\"received\":%lu,\"reordered\":%lu,\"latencyMs\":[%.3f,%.3f,%.3f],\"arrivedSeconds\":%.6f,\"cpuSeconds\":%.3f}\n",
           received, reordered, find_share(latencies, .5), find_share(latencies, .99), find_share(latencies, 1),
           arrived_at > began ? (double)(arrived_at - began) / 1e9 : 0, processor_seconds());
    fflush(stdout);
}

static void close_client(Client *client) {
    if (client->state > WAITING && client->state < READY) under_way--;
    if (client->state == READY) ready--;
    client->state = CLOSED;
    client->ended = now();
    closed++;
    client->rest_length = 0;
    close(client->fd);
}

static void refuse(Client *client, const char *why, size_t length) {
    refused++;
    snprintf(reason, sizeof reason, "%.*s", (int)(length < 300 ? length : 300), why);
    close_client(client);
}

/* Sent whole or not at all: what a client says is short, and nothing is on its way before. */
static void send_bytes(Client *client, const char *data, size_t length) {
    if (send(client->fd, data, length, MSG_NOSIGNAL) != (ssize_t)length) refuse(client, "nothing could be sent", 21);
}

static void send_text(Client *client, const char *text, size_t length, int opcode) {
    send_bytes(client, out, write_frame(out, text, length, opcode));
}

static void settle(Client *client) {
    client->state = READY;
    ready++;
    under_way--;
    ready_at = now();
    note(handshakes, ready_at - client->begun);
}

/* One event for all rooms: with one each a user would soon have sent more than is allowed in a minute. */
static void sync_rooms(Client *client) {
    static char text[16384];
    size_t length = (size_t)sprintf(text, "421[\"subscriptions:sync\",{\"subscriptions\":[");
    char *rooms = strdup(client->joins), *save = NULL, *comma = "";
    for (char *room = strtok_r(rooms, " ", &save); room; room = strtok_r(NULL, " ", &save), comma = ",") {
        *strchr(room, ':') = '.';
        length += (size_t)sprintf(text + length, "%s\"%s\"", comma, room);
    }
    free(rooms);
    length += (size_t)sprintf(text + length, "]}]");
    client->answers = client->rooms - 1;
    send_text(client, text, length, 1);
}

static void start_joining(Client *client) {
    client->state = JOINING;
    client->answers = 0;
    if (!client->rooms) return settle(client);
    if (greets && !*client->offset) {
        sync_rooms(client);
        return;
    }
    size_t length = 0;
    char text[600], *rooms = strdup(client->joins), *save = NULL;
    int id = 1;
    for (char *room = strtok_r(rooms, " ", &save); room; room = strtok_r(NULL, " ", &save), id++) {
        int size = centrifugo ? snprintf(text, sizeof text, "{\"id\":%d,\"subscribe\":{\"channel\":\"%s\"}}", id + 1, room)
                   : greets && *client->offset && !*client->pid
                       ? snprintf(text, sizeof text, "42%d[\"room:join\",{\"room\":\"%s\",\"since\":\"%s\"}]", id, room,
                                  client->offset)
                       : snprintf(text, sizeof text, "42%d[\"room:join\",\"%s\"]", id, room);
        length += write_frame(out + length, text, (size_t)size, 1);
    }
    free(rooms);
    send_bytes(client, out, length);
}

static void greet(Client *client) {
    static char text[16384];
    int size = centrifugo ? snprintf(text, sizeof text, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", client->token)
               : *client->pid && *client->offset
                   ? snprintf(text, sizeof text, "40{\"token\":\"%s\",\"pid\":\"%s\",\"offset\":\"%s\"}", client->token,
                              client->pid, client->offset)
                   : snprintf(text, sizeof text, "40{\"token\":\"%s\"}", client->token);
    client->state = GREETING;
    send_text(client, text, (size_t)size, 1);
}

static long read_digits(const char *at, int digits) {
    long value = 0;
    while (digits--) value = value * 10 + (*at++ - '0');
    return value;
}

static void check(Client *client, const char *mark, int64_t at) {
    long sequence = read_digits(mark + MARK_SEQUENCE, 5), number = read_digits(mark + MARK_NUMBER, 10);
    int64_t due = read_digits(mark + MARK_TIME, 17);
    if (sequence >= sequences) return;
    if (number <= client->last[sequence])
        reordered++;
    else
        client->last[sequence] = (uint32_t)number;
    received++;
    note(latencies, at - (due > began || !recover ? due : began));
}

/* Keep the offset, the last argument of an event if that is a string. */
static void keep_offset(Client *client, const Frame *frame) {
    const char *end = frame->text + frame->length - 2, *start = end;
    if (end < frame->text || *end != '"') return;
    while (--start > frame->text && *start != '"' && end - start < OFFSET) {}
    if (*start == '"' && start[-1] == ',' && end - start < OFFSET)
        snprintf(client->offset, OFFSET, "%.*s", (int)(end - start - 1), start + 1);
}

static void keep_pid(Client *client, const Frame *frame) {
    const char *at = memmem(frame->text, frame->length, "\"pid\":\"", 7);
    if (at) sscanf(at + 7, "%63[^\"]", client->pid);
}

/* Marks stand at the same place in most frames, so it is looked for there first. */
static int count_marks(Client *client, const Frame *frame, int64_t at) {
    const char *from = frame->text, *end = from + frame->length, *mark;
    if (frame->length >= (size_t)hint + MARK && !memcmp(from + hint, needle, MARK_HEAD)) {
        check(client, from + hint, at);
        if (!centrifugo) return 1;
        from += hint + MARK;
    }
    int found = from != frame->text;
    while ((mark = memmem(from, (size_t)(end - from), needle, MARK_HEAD)) && end - mark >= MARK) {
        if (!found++) hint = (int)(mark - frame->text);
        check(client, mark, at);
        from = mark + MARK;
        if (!centrifugo) break;
    }
    return found;
}

static void read_socketio(Client *client, const Frame *frame, int64_t at) {
    char kind = frame->length > 1 ? frame->text[1] : 0;
    if (frame->text[0] == '2') {
        send_text(client, "3", 1, 1);
    } else if (frame->text[0] == '0') {
        greet(client);
    } else if (frame->text[0] == '4' && kind == '2') {
        if (client->state == GREETING && !strncmp(frame->text + 2, "[\"connected\"", 12)) start_joining(client);
        if (count_marks(client, frame, at)) arrived_at = at;
        if (recover) keep_offset(client, frame);
    } else if (frame->text[0] == '4' && kind == '0') {
        keep_pid(client, frame);
        if (!greets) start_joining(client);
    } else if (frame->text[0] == '4' && kind == '3') {
        if ((!memmem(frame->text, frame->length, "\"ok\":true", 9) && !memmem(frame->text, frame->length, "\"ok\": true", 10))
            || memmem(frame->text, frame->length, "\"refused\": [{", 13))
            refuse(client, frame->text, frame->length);
        else if (++client->answers == client->rooms)
            settle(client);
    } else if (frame->text[0] == '4' && kind == '4') {
        refuse(client, frame->text, frame->length);
    }
}

static void read_centrifugo(Client *client, const Frame *frame, int64_t at) {
    if (frame->length == 2) return send_text(client, "{}", 2, 1);
    if (count_marks(client, frame, at)) arrived_at = at;
    if (client->state == READY) return;
    if (memmem(frame->text, frame->length, "\"error\"", 7)) return refuse(client, frame->text, frame->length);
    if (client->state == GREETING) return start_joining(client);
    const char *from = frame->text, *end = from + frame->length;
    while ((from = memmem(from, (size_t)(end - from), "{\"id\":", 6))) from += 6, client->answers++;
    if (client->answers >= client->rooms) settle(client);
}

/* Read what is complete; return how many bytes that was. */
static size_t consume(Client *client, char *data, size_t size, int64_t at) {
    size_t used = 0, taken;
    if (client->state == UPGRADING) {
        char *end = memmem(data, size, "\r\n\r\n", 4);
        if (!end) return 0;
        used = (size_t)(end + 4 - data);
        if (memcmp(data + 9, "101", 3)) return refuse(client, data, size), used;
        client->state = GREETING;
        if (centrifugo) greet(client);
    }
    Frame frame;
    while (client->state != CLOSED && (taken = read_frame(data + used, size - used, &frame))) {
        used += taken;
        if (frame.opcode == 9)
            send_text(client, frame.text, frame.length, 10);
        else if (frame.opcode == 8)
            close_client(client);
        else if (frame.length)
            (centrifugo ? read_centrifugo : read_socketio)(client, &frame, at);
    }
    return used;
}

static void receive(Client *client) {
    size_t size = client->rest_length;
    if (size) memcpy(buffer, client->rest, size);
    ssize_t got = recv(client->fd, buffer + size, BUFFER - size, 0);
    if (got <= 0) {
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        return close_client(client);
    }
    size += (size_t)got;
    size_t used = consume(client, buffer, size, now());
    if (client->state == CLOSED) return;
    client->rest_length = size - used;
    if (used == size) return;
    client->rest = grow(client->rest, size - used);
    memcpy(client->rest, buffer + used, size - used);
}

static void open_client(Client *client) {
    client->begun = rate ? began + (client - clients) * 1000000000LL / rate : now();
    client->fd = dial(client->port);
    client->state = OPENING;
    under_way++;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = client};
    epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event);
}

static void upgrade(Client *client) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) return refuse(client, strerror(error), strlen(strerror(error)));
    client->state = UPGRADING;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event);
    const char *path = centrifugo ? "/connection/websocket" : "/socket.io/?EIO=4&transport=websocket";
    send_bytes(client, out, (size_t)write_upgrade(out, sizeof out, path));
}

static void start_due(void) {
    int due = rate ? (int)((now() - began) / 1000000000.0 * rate) + 1 : count;
    while (started < count && started < due && (rate || under_way < at_once)) open_client(&clients[started++]);
}

/* Who is sent away in a storm comes back after a second. */
static void open_again(void) {
    int64_t at = now();
    for (int i = 0; i < started && closed; i++)
        if (clients[i].state == CLOSED && at - clients[i].ended > AGAIN) {
            closed--;
            again++;
            open_client(&clients[i]);
        }
}

static void begin(void) {
    away = 0;
    started = closed = ready = under_way = 0;
    began = ready_at = now();
    memset(latencies, 0, sizeof latencies);
    memset(handshakes, 0, sizeof handshakes);
    received = 0;
}

/* Do what a line of standard input says; return whether there was one. */
static int obey(void) {
    char *line = read_line(stdin);
    if (!line) return 0;
    if (!strcmp(line, "report")) report();
    if (!strcmp(line, "cut")) {
        away = 1;
        for (int i = 0; i < count; i++)
            if (clients[i].state != CLOSED) close_client(&clients[i]);
    }
    if (!strcmp(line, "back")) begin();
    free(line);
    return 1;
}

static void read_order(FILE *order) {
    char *line = need_line(order);
    centrifugo = !strcmp(line, "centrifugo");
    greets = !strcmp(line, "gateway");
    sscanf(need_line(order), "%d %d %d %d %d %d", &step, &sequences, &at_once, &rate, &spin, &recover);
    snprintf(needle, sizeof needle, "~%04d.", step % 10000);
    count = atoi(need_line(order));
    clients = calloc((size_t)count, sizeof(Client));
    for (int i = 0; i < count; i++) {
        char *save = NULL, *client = need_line(order);
        clients[i].port = atoi(strtok_r(client, " ", &save));
        clients[i].token = strtok_r(NULL, " ", &save);
        clients[i].joins = save;
        clients[i].last = calloc((size_t)sequences + 1, sizeof(uint32_t));
        for (const char *at = save; *at; at++)
            if (at == save || at[-1] == ' ') clients[i].rooms++;
    }
}

int main(int arguments, char **values) {
    struct epoll_event events[EVENTS], commands = {.events = EPOLLIN, .data.ptr = NULL};
    setvbuf(stdin, NULL, _IONBF, 0); /* or a command could lie in the buffer, where epoll does not see it */
    read_order(open_order(arguments, values));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &commands);
    for (begin();;) {
        start_due();
        if (recover && closed && !away) open_again();
        int found = epoll_wait(epoll, events, EVENTS, spin ? 0 : rate && started < count ? 1 : 100);
        for (int i = 0; i < found; i++) {
            Client *client = events[i].data.ptr;
            if (!client && !obey()) return 0;
            if (!client || client->state == CLOSED) continue;
            if (client->state == OPENING)
                upgrade(client);
            else
                receive(client);
        }
    }
}
