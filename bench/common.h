/* What the stub and the load generator share. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Digits in an event's time stamp: ns of CLOCK_MONOTONIC, the same clock on both sides. */
#define STAMP_SIZE 19

typedef struct { char *at; size_t size; } Bytes;

static inline long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline Bytes slurp(const char *path) {
  Bytes bytes = {0};
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(1); }
  fseek(file, 0, SEEK_END);
  bytes.size = ftell(file);
  rewind(file);
  bytes.at = calloc(1, bytes.size + 1);
  if (fread(bytes.at, 1, bytes.size, file) != bytes.size) exit(1);
  fclose(file);
  return bytes;
}

static inline void watch(int ep, int fd, int op, int writing) {
  struct epoll_event e = { .events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.fd = fd };
  epoll_ctl(ep, op, fd, &e);
}
