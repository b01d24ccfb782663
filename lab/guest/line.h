/*
 * The guest's second serial port, over which the lab asks and the guest's program answers; and what every program
 * of a lab guest needs besides. See workload.c for the requests.
 */
#ifndef LINE_H
#define LINE_H

#include <stdint.h>

/* Prints `workload: WHY` on the console, which the lab takes for a failure, and ends: as init that is a panic. */
__attribute__((noreturn, format(printf, 1, 2))) void stop_with(const char *format, ...);

uint64_t now_us(void);

/* splitmix64's finaliser: every input bit reaches every output bit. */
static inline uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* A choice from the kernel's command line, which reaches init as its environment. */
const char *choice(const char *name, const char *otherwise);
uint64_t number(const char *name, const char *otherwise);

/* How often each page or record was written. `written[i]` is what it must hold. */
struct ledger {
  uint32_t *written;
  uint64_t count;
  /* Of all, since the beginning: the ledger itself can lose writes, and this is kept elsewhere. */
  uint64_t writes;
  /* Found wrong or old when they were written again. A busy guest would hide them. */
  uint64_t overwritten_bad;
};

struct ledger new_ledger(uint64_t count);

/* Zeroed pages of its own. Stops when there are none. */
void *zeroed(uint64_t bytes);

/* `-` means standard input and output. */
void open_line(const char *path);
__attribute__((format(printf, 1, 2))) void answer(const char *format, ...);
void answer_status(const char *workload, const struct ledger *ledger);
/* `of` says what was counted: pages or records. */
void answer_verified(const char *of, const struct ledger *ledger, uint64_t bad);

/* What a program does about the requests. */
struct requests {
  void (*status)(void);
  void (*verify)(void);
  /* For tests: spoils one, so that they can see VERIFY fail. */
  void (*corrupt_stale)(uint32_t index);
  void (*corrupt_flip)(uint32_t index);
  const char *one; /* page or record */
  const struct ledger *ledger;
};

/*
 * Waits at most `timeout_ms` for input (0 = only looks, -1 = for ever, or until the next beat) and answers every
 * complete line. With `beat=MS` on the kernel's command line it prints `beat N` on the console that often: the N are
 * kept in the guest's memory, so the same N on two consoles shows that both sides ran the guest.
 */
void serve_requests(const struct requests *requests, int timeout_ms);

#endif
