/*
 * The clients of the bench: N connections, each of which sends the same request again and again, as soon as the answer
 * before is whole (closed loop). Every answer is checked. Prints one line of JSON; times are in µs.
 *
 *   port=N request=FILE connections=N seconds=S   the request's bytes, head included
 *   least=N         go on past `seconds` until so many answers are there (up to 15 s): slow subjects need it
 *   stagger=US      between the first requests of two connections
 *   expect=FILE     the body that each answer must have, byte for byte
 *   size=N          or its size
 *   contains=FILE   or a text that must be in it; up to four
 *   count=TEXT:N    or how often a text must be in it
 *   hold=1          endless streams: prints {"open":N} once each has its first byte, holds them until stdin ends, and
 *                   then prints how many are still open
 */
#include "common.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

typedef struct {
  int fd, sent_any, head_done, chunked, status, waiting;
  size_t sent;
  char *raw; size_t raw_used, raw_room;
  char *body; size_t used, room, scanned;
  long long length, chunk_left, began, first;   /* length -1: until the connection ends */
} Conn;
typedef struct { double *at; size_t n, room; } Samples;

static int ep, port, connections = 1, stagger, hold, needles_n, counts_n, reconnects, still_open, firsts;
static double seconds = 1;
static long least = 1, size_wanted = -1, done, errors;
static Bytes request, expect, needles[4];
static struct { char text[128]; long n; } counts[4];
static Conn *conns;
static Samples latency, ttfb, event;
static char first_error[400];

static void sample(Samples *s, double us) {
  if (s->n == s->room) s->at = realloc(s->at, (s->room = s->room * 2 + 4096) * sizeof(double));
  s->at[s->n++] = us;
}

static void open_conn(int i) {
  Conn *c = &conns[i];
  int on = 1;
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  if (c->fd > 0) close(c->fd);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(c->fd, (void *)&at, sizeof at)) { perror("connect"); exit(1); }
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}

static void send_rest(int i) {
  Conn *c = &conns[i];
  while (c->sent < request.size) {
    ssize_t n = send(c->fd, request.at + c->sent, request.size - c->sent, MSG_NOSIGNAL);
    if (n < 0) break;   /* full, or closed: then the reading side notices */
    c->sent += n;
  }
  struct epoll_event e = { .events = EPOLLIN | (c->sent < request.size ? EPOLLOUT : 0), .data.u32 = i };
  if (c->waiting || c->sent < request.size) epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
  c->waiting = c->sent < request.size;
}

static void start(int i) {
  Conn *c = &conns[i];
  c->sent = c->raw_used = c->used = c->scanned = 0;
  c->head_done = c->chunked = c->status = 0;
  c->first = c->chunk_left = 0;
  c->began = now();
  send_rest(i);
}

static void wrong(Conn *c, const char *why) {
  if (!errors++)
    snprintf(first_error, sizeof first_error, "%s; status %d, %zu bytes: %.200s", why, c->status, c->used, c->used ? c->body : "");
}

static long occurrences(Conn *c, const char *text) {
  long n = 0;
  size_t size = strlen(text);
  for (char *at = c->body; (at = memmem(at, c->body + c->used - at, text, size)); at += size) n++;
  return n;
}

static const char *fault(Conn *c) {
  if (c->status != 200) return "not a 200";
  if (expect.at && (c->used != expect.size || memcmp(c->body, expect.at, c->used))) return "another body than expected";
  if (size_wanted >= 0 && (long)c->used != size_wanted) return "another size than expected";
  for (int i = 0; i < needles_n; i++)
    if (!memmem(c->body, c->used, needles[i].at, needles[i].size)) return "a text is missing";
  for (int i = 0; i < counts_n; i++)
    if (occurrences(c, counts[i].text) != counts[i].n) return "another number of events";
  return NULL;
}

static void finish(int i) {
  Conn *c = &conns[i];
  const char *why = fault(c);
  if (c->body) c->body[c->used] = 0;
  done++;
  if (why) wrong(c, why);
  sample(&latency, (now() - c->began) / 1e3);
}

/* Body bytes have come: note when the first did, and how old the stamped events are. */
static void arrived(Conn *c, const char *at, size_t n) {
  if (c->room < c->used + n + 1) c->body = realloc(c->body, c->room = (c->used + n) * 2 + 4096);
  memcpy(c->body + c->used, at, n);
  c->used += n;
  long long t = now();
  if (!c->first) { c->first = t; firsts++; sample(&ttfb, (t - c->began) / 1e3); }
  for (char *s; (s = memmem(c->body + c->scanned, c->used - c->scanned, "T=", 2));) {
    if (s + 2 + STAMP_SIZE > c->body + c->used) return;
    sample(&event, (t - strtoll(s + 2, NULL, 10)) / 1e3);
    c->scanned = s + 2 + STAMP_SIZE - c->body;
  }
  if (c->used > 0) c->scanned = c->scanned > c->used - 1 ? c->scanned : c->used - 1;
}

/* 1: the answer is whole, 0: more has to come. Consumes `raw`. */
static int parse(Conn *c) {
  char *at = c->raw, *end = c->raw + c->raw_used;
  int whole = 0;
  while (!whole) {
    if (!c->head_done) {
      char *stop = memmem(at, end - at, "\r\n\r\n", 4);
      if (!stop) break;
      c->status = atoi(at + 9);
      c->length = -1;
      for (char *l = at; l < stop; l = (char *)memchr(l, '\n', stop + 2 - l) + 1) {
        if (!strncasecmp(l, "content-length:", 15)) c->length = atoll(l + 15);
        if (!strncasecmp(l, "transfer-encoding: chunked", 26)) c->chunked = 1;
      }
      at = stop + 4;
      if (c->status == 100) continue;
      c->head_done = 1;
      whole = !c->chunked && c->length == 0;
    } else if (!c->chunked) {
      size_t n = end - at;
      if (!n) break;
      arrived(c, at, n);
      at += n;
      whole = c->length >= 0 && (long long)c->used >= c->length;
    } else if (c->chunk_left > 2) {
      size_t n = end - at, want = c->chunk_left - 2;
      if (!n) break;
      if (n > want) n = want;
      arrived(c, at, n);
      at += n;
      c->chunk_left -= n;
    } else if (c->chunk_left) {          /* the line end after a chunk */
      if (end - at < 2) break;
      at += 2;
      c->chunk_left = 0;
    } else {
      char *line = memmem(at, end - at, "\r\n", 2);
      if (!line) break;
      long n = strtol(at, NULL, 16);
      if (n == 0) { if (end - line < 4) break; at = line + 4; whole = 1; }
      else { at = line + 2; c->chunk_left = n + 2; }
    }
  }
  memmove(c->raw, at, c->raw_used = end - at);
  return whole;
}

/* Reads what is there; -1: the connection has ended. */
static int receive(int i) {
  Conn *c = &conns[i];
  for (;;) {
    if (c->raw_room - c->raw_used < 32768) c->raw = realloc(c->raw, c->raw_room = c->raw_room * 2 + 65536);
    ssize_t n = recv(c->fd, c->raw + c->raw_used, c->raw_room - c->raw_used, 0);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n <= 0) return -1;
    c->raw_used += n;
    if (parse(c)) return 1;
  }
}

static void turn(int i, unsigned events) {
  Conn *c = &conns[i];
  if (events & EPOLLOUT) send_rest(i);
  if (!(events & ~EPOLLOUT)) return;
  int state = receive(i);
  if (state == 0) return;
  if (state < 0) {
    if (hold) { still_open--; wrong(c, "a stream ended"); close(c->fd); return; }
    if (c->head_done && !c->chunked && c->length < 0) finish(i);
    else if (c->raw_used || c->head_done || c->used) wrong(c, "the connection ended within an answer");
    else reconnects++;
    if (reconnects + errors > 1000) { fprintf(stderr, "too many broken connections: %s\n", first_error); exit(1); }
    open_conn(i);
  } else finish(i);
  start(i);
}

#include "load-report.h"

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) option(argv[i]);
  signal(SIGPIPE, SIG_IGN);
  ep = epoll_create1(0);
  conns = calloc(connections, sizeof *conns);
  still_open = connections;
  for (int i = 0; i < connections; i++) open_conn(i);
  long long began = now(), deadline = began + seconds * 1e9, limit = deadline + 15000000000LL, t = began;
  int started = 0, told = 0, over = 0;
  while (!over) {
    while (started < connections && t >= began + started * 1000LL * stagger) start(started++);
    struct epoll_event ready[256];
    int n = epoll_wait(ep, ready, 256, started < connections ? 0 : 5);
    for (int i = 0; i < n; i++) turn(ready[i].data.u32, ready[i].events);
    t = now();
    if (!hold) over = t >= limit || (t >= deadline && done >= least);
    else if (!told && firsts == connections) { printf("{\"open\":%d}\n", firsts); fflush(stdout); told = 1; }
    else over = stdin_ended() || (!told && t > limit);
  }
  report((t - began) / 1e3);
  return 0;
}
