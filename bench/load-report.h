/* The load generator's options and its one line of JSON. */
#include <poll.h>

static void option(char *text) {
  char *value = strchr(text, '=');
  if (!value) { fprintf(stderr, "not an option: %s\n", text); exit(2); }
  *value++ = 0;
  if (!strcmp(text, "port")) port = atoi(value);
  else if (!strcmp(text, "request")) request = slurp(value);
  else if (!strcmp(text, "connections")) connections = atoi(value);
  else if (!strcmp(text, "seconds")) seconds = atof(value);
  else if (!strcmp(text, "least")) least = atol(value);
  else if (!strcmp(text, "stagger")) stagger = atoi(value);
  else if (!strcmp(text, "expect")) expect = slurp(value);
  else if (!strcmp(text, "size")) size_wanted = atol(value);
  else if (!strcmp(text, "hold")) hold = atoi(value);
  else if (!strcmp(text, "contains") && needles_n < 4) needles[needles_n++] = slurp(value);
  else if (!strcmp(text, "count") && counts_n < 4) {
    char *n = strrchr(value, ':');
    counts[counts_n].n = atol(n + 1);
    snprintf(counts[counts_n++].text, sizeof counts[0].text, "%.*s", (int)(n - value), value);
  } else { fprintf(stderr, "unknown option %s\n", text); exit(2); }
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void quantiles(const char *name, Samples *s) {
  if (!s->n) return;
  qsort(s->at, s->n, sizeof(double), ascending);
  #define Q(q) s->at[(size_t)(q * (s->n - 1) + 0.5)]
  printf(",\"%s\":{\"n\":%zu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f}", name, s->n, Q(0.5), Q(0.9), Q(0.99), Q(1));
}

static void report(double elapsed) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  for (char *s = first_error; *s; s++) if (*s == '"' || *s == '\\' || *s < 32 || *s == 127) *s = '.';   /* keeps the line JSON */
  printf("{\"done\":%ld,\"errors\":%ld,\"reconnects\":%d,\"open\":%d,\"elapsed\":%.0f,\"cpu\":%.0f", done, errors, reconnects,
         still_open, elapsed, cpu);
  quantiles("latency", &latency);
  quantiles("ttfb", &ttfb);
  quantiles("event", &event);
  printf(",\"firstError\":\"%s\"}\n", first_error);
}

static int stdin_ended(void) {
  struct pollfd in = { .fd = 0, .events = POLLIN };
  char byte;
  return poll(&in, 1, 0) > 0 && read(0, &byte, 1) <= 0;
}
