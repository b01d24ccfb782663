#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int requests_in, answers_out;
static char token[64]; /* of the request being answered */

void stop_with(const char *format, ...) {
  char why[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(why, sizeof why, format, arguments);
  va_end(arguments);
  fprintf(stderr, "workload: %s\n", why);
  exit(1); /* as init this panics the kernel, which the lab reads on the console */
}

uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

const char *choice(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value == NULL || value[0] == '\0' ? otherwise : value;
}

uint64_t number(const char *name, const char *otherwise) {
  const char *value = choice(name, otherwise);
  char *end;
  errno = 0;
  unsigned long long n = strtoull(value, &end, 10);
  if (errno != 0 || *end != '\0' || *value == '-') stop_with("%s=%s is not a whole number", name, value);
  return n;
}

void *zeroed(uint64_t bytes) {
  void *memory = mmap(NULL, bytes > 0 ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) stop_with("cannot have %llu bytes: %s", (unsigned long long)bytes, strerror(errno));
  return memory;
}

struct ledger new_ledger(uint64_t count) {
  return (struct ledger){.written = zeroed(count * sizeof(uint32_t)), .count = count};
}

/* No echo, no line editing, no signals from the line: bytes only. */
void open_line(const char *path) {
  if (strcmp(path, "-") == 0) {
    requests_in = STDIN_FILENO;
    answers_out = STDOUT_FILENO;
    return;
  }
  requests_in = answers_out = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (requests_in < 0) stop_with("cannot open %s: %s", path, strerror(errno));
  struct termios line;
  if (tcgetattr(requests_in, &line) != 0) return;
  cfmakeraw(&line);
  cfsetspeed(&line, B115200);
  tcsetattr(requests_in, TCSAFLUSH, &line);
}

/* ---- answers ---- */

void answer(const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line - sizeof token - 8, format, arguments);
  va_end(arguments);
  if (token[0] != '\0') length += sprintf(line + length, " t=%s", token);
  line[length++] = '\n';
  for (int sent = 0; sent < length;) {
    ssize_t n = write(answers_out, line + sent, (size_t)(length - sent));
    if (n < 0 && errno != EINTR && errno != EAGAIN) return;
    if (n > 0) sent += (int)n;
  }
}

struct generations {
  uint32_t min, max;
  uint64_t sum;
};

static struct generations generations_of(const struct ledger *ledger) {
  struct generations g = {.min = ledger->count > 0 ? UINT32_MAX : 0, .max = 0, .sum = 0};
  for (uint64_t i = 0; i < ledger->count; i++) {
    if (ledger->written[i] < g.min) g.min = ledger->written[i];
    if (ledger->written[i] > g.max) g.max = ledger->written[i];
    g.sum += ledger->written[i];
  }
  return g;
}

void answer_status(const char *workload, const struct ledger *ledger) {
  struct generations g = generations_of(ledger);
  answer("STATUS workload=%s writes=%llu gen=%u..%u uptime_ms=%llu", workload, (unsigned long long)ledger->writes,
         g.min, g.max, (unsigned long long)now_us() / 1000);
}

void answer_verified(const char *of, const struct ledger *ledger, uint64_t bad) {
  struct generations g = generations_of(ledger);
  answer("VERIFIED %s=%llu bad=%llu gen=%u..%u writes=%llu ledger=%s uptime_ms=%llu", of,
         (unsigned long long)ledger->count, (unsigned long long)bad, g.min, g.max,
         (unsigned long long)ledger->writes, g.sum == ledger->writes ? "ok" : "wrong",
         (unsigned long long)now_us() / 1000);
}

/* ---- requests ---- */

static void answer_corrupt(const struct requests *requests, const char *arguments) {
  unsigned long long index;
  char how[8] = "stale", rest[2];
  int fields = sscanf(arguments, "%llu %7s %1s", &index, how, rest);
  if (fields < 1 || fields > 2) {
    answer("ERROR expected CORRUPT n [stale|flip]");
  } else if (index >= requests->ledger->count) {
    answer("ERROR there is no %s %llu, the last one is %lld", requests->one, index,
           (long long)requests->ledger->count - 1);
  } else if (strcmp(how, "stale") == 0) {
    requests->corrupt_stale((uint32_t)index);
    answer("CORRUPTED %s=%llu how=stale", requests->one, index);
  } else if (strcmp(how, "flip") == 0) {
    requests->corrupt_flip((uint32_t)index);
    answer("CORRUPTED %s=%llu how=flip", requests->one, index);
  } else {
    answer("ERROR expected stale or flip");
  }
}

static void answer_request(const struct requests *requests, char *line) {
  token[0] = '\0';
  char *mark = strstr(line, " t=");
  if (mark != NULL) {
    *mark = '\0';
    snprintf(token, sizeof token, "%.32s", mark + 3);
  }
  if (line[0] == '\0') return;
  if (strcmp(line, "STATUS") == 0) requests->status();
  else if (strcmp(line, "VERIFY") == 0) requests->verify();
  else if (strncmp(line, "CORRUPT ", 8) == 0) answer_corrupt(requests, line + 8);
  else {
    for (char *c = line; *c != '\0'; c++)
      if (*c < ' ' || *c > '~') *c = '?';
    answer("ERROR unknown request: %.80s", line);
  }
}

/* Prints a beat when one is due. Returns how long the next may be waited for, at most `timeout_ms` (-1 = for ever). */
static int beat(int timeout_ms) {
  static uint64_t every_us, due_us, beats;
  static int begun;
  if (!begun) {
    begun = 1;
    every_us = number("beat", "0") * 1000;
    due_us = now_us();
  }
  if (every_us == 0) return timeout_ms;
  uint64_t now = now_us();
  if (now >= due_us) {
    printf("beat %llu\n", (unsigned long long)++beats);
    fflush(stdout);
    /* After a pause of the guest the beats that it missed are not made up for. */
    due_us = now + every_us;
  }
  int next_ms = (int)((due_us - now + 999) / 1000);
  return timeout_ms < 0 || timeout_ms > next_ms ? next_ms : timeout_ms;
}

void serve_requests(const struct requests *requests, int timeout_ms) {
  timeout_ms = beat(timeout_ms);
  static char line[256];
  static size_t length;
  static int too_long;
  struct pollfd in = {.fd = requests_in, .events = POLLIN};
  if (poll(&in, 1, timeout_ms) <= 0) return;
  char bytes[256];
  ssize_t n = read(requests_in, bytes, sizeof bytes);
  if (n == 0) exit(0); /* only natively: the pipe was closed */
  for (ssize_t i = 0; i < n; i++) {
    char c = bytes[i];
    if (c == '\r' || c == '\n') {
      line[length] = '\0';
      if (too_long) token[0] = '\0', answer("ERROR the line is longer than %zu bytes", sizeof line - 1);
      else answer_request(requests, line);
      length = 0;
      too_long = 0;
    } else if (length == sizeof line - 1) {
      too_long = 1;
    } else {
      line[length++] = c == '\0' ? '?' : c;
    }
  }
}
