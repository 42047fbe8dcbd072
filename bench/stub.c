/*
 * The upstream of the bench: answers every request with bytes that were rendered beforehand, so that it costs next to
 * nothing beside the subject. It prints its port, and is told what to answer through its own port:
 *
 *   POST /__bench/set    lines of "key value": json FILE, sse FILE (whole responses, head included; with both, a request
 *                        that says "stream":true gets sse), or head FILE, event FILE, tail FILE, interval US, events N
 *                        for a paced stream. In the event's file a run of nineteen zeros is where the time goes.
 *   GET /__bench/stats   {"requests","min","max"}: requests since `set`, and the sizes of their bodies
 *   GET /__bench/first   the first body since `set`
 *
 * Times are CLOCK_MONOTONIC in ns, which load.c reads from the same clock.
 */
#include "common.h"
#include <sys/timerfd.h>

#define MAX_FD 8192
#define STAMP "0000000000000000000"

typedef struct {
  int open;
  char *in; size_t used, room;             /* what came and was not answered yet */
  const char *out; size_t left;            /* what has still to leave */
  char *own; size_t own_room;              /* for answers that are made at the moment */
  long events; long long due;              /* of a paced stream: how many are left, when the next one is due */
} Conn;

static Conn conns[MAX_FD];
static int ep, timer, last_fd;
static Bytes json, sse, head, event, tail, first;
static long interval = 20000, events_a_stream, stamp_at = -1;
static long requests, min_size, max_size;

static void drop(int fd) {
  Conn *c = &conns[fd];
  free(c->in);
  free(c->own);
  memset(c, 0, sizeof *c);
  close(fd);
}

/* Sends what it can; the rest waits for EPOLLOUT. */
static int flush(int fd) {
  Conn *c = &conns[fd];
  while (c->left) {
    ssize_t n = send(fd, c->out, c->left, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) { watch(ep, fd, EPOLL_CTL_MOD, 1); return 0; }
    if (n < 0) { drop(fd); return -1; }
    c->out += n;
    c->left -= n;
  }
  return 1;
}

static int reply(int fd, const char *at, size_t size) {
  conns[fd].out = at;
  conns[fd].left = size;
  return flush(fd);
}

static char *own(Conn *c, size_t size) {
  if (c->own_room < size) c->own = realloc(c->own, c->own_room = size);
  return c->own;
}

static int text(int fd, const char *status, const char *body, size_t size) {
  char *at = own(&conns[fd], size + 128);
  int n = sprintf(at, "HTTP/1.1 %s\r\ncontent-length: %zu\r\n\r\n", status, size);
  memcpy(at + n, body, size);
  return reply(fd, at, n + size);
}

static void set(char *body, size_t size) {
  char key[16], value[512], *end = body + size;
  json.at = sse.at = head.at = NULL;
  requests = min_size = max_size = 0;
  for (char *line = body; line < end; line = strchr(line, '\n') + 1) {
    if (sscanf(line, "%15s %511[^\n]", key, value) != 2) break;
    if (!strcmp(key, "json")) json = slurp(value);
    if (!strcmp(key, "sse")) sse = slurp(value);
    if (!strcmp(key, "head")) head = slurp(value);
    if (!strcmp(key, "event")) event = slurp(value);
    if (!strcmp(key, "tail")) tail = slurp(value);
    if (!strcmp(key, "interval")) interval = atol(value);
    if (!strcmp(key, "events")) events_a_stream = atol(value);
    if (!strchr(line, '\n')) break;
  }
  char *stamp = event.at ? memmem(event.at, event.size, STAMP, STAMP_SIZE) : NULL;
  stamp_at = stamp ? stamp - event.at : -1;
}

/* One timer for all paced streams, set to the soonest; a few hundred streams make that cheap. */
static void arm(void) {
  long long soonest = 0;
  for (int fd = 0; fd <= last_fd; fd++)
    if (conns[fd].events && (!soonest || conns[fd].due < soonest)) soonest = conns[fd].due;
  struct itimerspec at = { .it_value = { soonest / 1000000000LL, soonest % 1000000000LL } };
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void send_due(void) {
  long long t = now();
  for (int fd = 0; fd <= last_fd; fd++) {
    Conn *c = &conns[fd];
    if (!c->events || c->due > t) continue;
    c->due += interval * 1000LL;
    if (c->left) continue;                 /* the reader is behind: this one waits for the next turn */
    int last = --c->events == 0;
    char *at = own(c, event.size + tail.size), stamp[24];
    memcpy(at, event.at, event.size);
    if (last) memcpy(at + event.size, tail.at, tail.size);
    snprintf(stamp, sizeof stamp, "%019lld", now());
    if (stamp_at >= 0) memcpy(at + stamp_at, stamp, STAMP_SIZE);
    reply(fd, at, event.size + (last ? tail.size : 0));
  }
  arm();
}

static int answer(int fd, char *path, char *body, size_t size) {
  Conn *c = &conns[fd];
  if (!strncmp(path, "/__bench/set", 12)) { body[size] = 0; set(body, size); return text(fd, "200 OK", "ok", 2); }
  if (!strncmp(path, "/__bench/first", 14)) return text(fd, "200 OK", first.at ? first.at : "", requests ? first.size : 0);
  if (!strncmp(path, "/__bench/stats", 14)) {
    char line[128];
    int n = sprintf(line, "{\"requests\":%ld,\"min\":%ld,\"max\":%ld}", requests, min_size, max_size);
    return text(fd, "200 OK", line, n);
  }
  if (!requests++) {
    free(first.at);
    first.at = memcpy(malloc(size + 1), body, size);
    first.size = min_size = max_size = size;
  }
  if ((long)size < min_size) min_size = size;
  if ((long)size > max_size) max_size = size;
  if (head.at) {
    c->events = events_a_stream;
    c->due = now() + interval * 1000LL;
    int sent = reply(fd, head.at, head.size);
    arm();
    return sent;
  }
  int streams = sse.at && (!json.at || memmem(body, size, "\"stream\":true", 13));
  return streams ? reply(fd, sse.at, sse.size) : reply(fd, json.at, json.size);
}

/* Answers the requests that are whole. A proxy that makes the length unknown is told so with a 411. */
static void serve(int fd) {
  Conn *c = &conns[fd];
  while (c->used && !c->left && !c->events) {
    char *end = memmem(c->in, c->used, "\r\n\r\n", 4);
    if (!end) return;
    char *body = end + 4, *path = memchr(c->in, ' ', end - c->in);
    long size = 0;
    for (char *line = c->in; line < end; line = (char *)memchr(line, '\n', end + 2 - line) + 1) {
      if (!strncasecmp(line, "content-length:", 15)) size = atol(line + 15);
      if (!strncasecmp(line, "transfer-encoding:", 18)) {
        if (text(fd, "411 Length Required", "", 0) >= 0) drop(fd);
        return;
      }
    }
    size_t whole = body - c->in + size;
    if (c->used < whole || !path) return;
    char after = c->in[whole];
    if (answer(fd, path + 1, body, size) < 0) return;
    c->in[whole] = after;
    memmove(c->in, c->in + whole, c->used -= whole);
  }
}

static void receive(int fd) {
  Conn *c = &conns[fd];
  for (;;) {
    if (c->room - c->used < 65536) c->in = realloc(c->in, (c->room = c->room * 2 + 131072) + 1);
    size_t room = c->room - c->used;
    ssize_t n = recv(fd, c->in + c->used, room, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return drop(fd);
    if (n < 0) break;
    c->used += n;
    if ((size_t)n < room) break;
  }
  serve(fd);
}

int main(void) {
  int on = 1, server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof at;
  if (bind(server, (void *)&at, size) || listen(server, 4096)) { perror("listen"); return 1; }
  getsockname(server, (void *)&at, &size);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  ep = epoll_create1(0);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  watch(ep, server, EPOLL_CTL_ADD, 0);
  watch(ep, timer, EPOLL_CTL_ADD, 0);
  for (;;) {
    struct epoll_event ready[256];
    int n = epoll_wait(ep, ready, 256, -1);
    for (int i = 0; i < n; i++) {
      int fd = ready[i].data.fd;
      if (fd == server) {
        for (int c; (c = accept4(server, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
          if (c >= MAX_FD) { close(c); continue; }
          setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          conns[c].open = 1;
          if (c > last_fd) last_fd = c;
          watch(ep, c, EPOLL_CTL_ADD, 0);
        }
      } else if (fd == timer) {
        long long ticks;
        if (read(timer, &ticks, 8) == 8) send_due();
      } else {
        if (ready[i].events & EPOLLOUT && conns[fd].open && flush(fd) == 1) { watch(ep, fd, EPOLL_CTL_MOD, 0); serve(fd); }
        if (ready[i].events & ~EPOLLOUT && conns[fd].open) receive(fd);
      }
    }
  }
}
