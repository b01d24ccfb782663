/*
 * The lab guest's only program: it rewrites memory as told, and can prove that none of it was lost.
 *
 * It runs as /init of the guest. The kernel hands every `name=value` of its command line that it does not
 * know itself to init's environment, so the choices below are read with getenv(), in the guest and natively
 * alike:
 *   workload=idle|loop|random|hotcold|phases   who is written next (phases: loop for `busy` s, rest for `calm` s)
 *   wss_mib=W                                  the working set
 *   rate=R                                     pages a second, 0 = flat out
 *   page=word|text|full                        one small record a page, or 4096 bytes: like text, or incompressible
 *   busy=X calm=Y                              seconds, for phases
 *   beat=MS                                    how often `beat N` is printed on the console, 0 = never (line.h)
 *
 * Every page carries its index, a generation (how often it was written) and a checksum. A separate table, the
 * ledger, holds the generation that each page must have. A migration that loses a write leaves a page that is
 * valid but old: only the ledger can tell. Since a busy guest overwrites such a page within milliseconds, each
 * page is also checked just before it is written again, and what is found then counts as bad for ever.
 *
 * Requests come as lines over a second serial port, answered between two writes:
 *   STATUS                  STATUS workload=loop writes=N gen=a..b uptime_ms=T
 *   VERIFY                  VERIFIED pages=P bad=B gen=a..b writes=N ledger=ok|wrong uptime_ms=T
 *   CORRUPT n [stale|flip]  CORRUPTED page=n how=stale (so that a test can see VERIFY fail)
 * A request may end in ` t=TOKEN`; the answer then does too, so that a late answer is never taken for another's.
 * Anything else is answered with a line that begins with ERROR. READY is sent once, after the first touch of
 * the whole working set.
 */
#include "line.h"

#include <string.h>
#include <sys/sysinfo.h>

enum { PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, BURSTS_A_SECOND = 100 };

/* Words of eight bytes, so many that zstd at its quickest makes 3.6 times less of a text, as of KubeVirt's VMs. */
enum { VOCABULARY = 1024 };

/* The head of every page. In a word page nothing follows but zeros; in the others 510 derived words do. */
struct page {
  uint32_t index;
  uint32_t generation;
  uint64_t checksum;
  uint64_t content[PAGE_WORDS - 2];
};

static const char *workload;
static enum { WORD, TEXT, FULL } content;
static uint64_t vocabulary[VOCABULARY];
static uint64_t page_count, rate_pages_per_s, busy_ms, calm_ms;

static struct page *pages;
static struct ledger ledger;

/* ---- pages ---- */

static uint64_t seed_of(uint32_t index, uint32_t generation) {
  return mix(((uint64_t)index << 32 | generation) + 0x9e3779b97f4a7c15u);
}

static uint64_t content_word(uint64_t seed, unsigned k) {
  if (content == WORD) return 0;
  uint64_t random = mix(seed + (k + 1) * 0x9e3779b97f4a7c15u);
  return content == TEXT ? vocabulary[random % VOCABULARY] : random;
}

static uint64_t fold(uint64_t checksum, uint64_t word) { return (checksum ^ word) * 0x100000001b3u; }

static void fill_page(uint32_t index, uint32_t generation) {
  struct page *page = &pages[index];
  uint64_t seed = seed_of(index, generation), checksum = mix(seed);
  page->index = index;
  page->generation = generation;
  if (content != WORD)
    for (unsigned k = 0; k < PAGE_WORDS - 2; k++) {
      uint64_t word = content_word(seed, k);
      page->content[k] = word;
      checksum = fold(checksum, word);
    }
  else
    page->content[PAGE_WORDS - 3] = 0; /* heals a byte flipped there, so that it counts once */
  page->checksum = checksum;
}

/* All 4096 bytes, against what the ledger says. */
static int page_is_right(uint32_t index) {
  const struct page *page = &pages[index];
  uint64_t seed = seed_of(index, ledger.written[index]), checksum = mix(seed);
  if (page->index != index || page->generation != ledger.written[index]) return 0;
  for (unsigned k = 0; k < PAGE_WORDS - 2; k++) {
    uint64_t word = content_word(seed, k);
    if (page->content[k] != word) return 0;
    if (content != WORD) checksum = fold(checksum, word);
  }
  return page->checksum == checksum;
}

/* First and last word only: migration moves whole pages, so this finds an old one at a fraction of the cost. */
static int page_looks_right(uint32_t index) {
  const struct page *page = &pages[index];
  unsigned last = PAGE_WORDS - 3;
  return page->index == index && page->generation == ledger.written[index] &&
         page->content[last] == content_word(seed_of(index, ledger.written[index]), last);
}

static void write_page(uint32_t index) {
  if (ledger.written[index] != 0 && !page_looks_right(index)) ledger.overwritten_bad++;
  fill_page(index, ++ledger.written[index]);
  ledger.writes++;
}

/* ---- requests ---- */

static void status(void) { answer_status(workload, &ledger); }

static void verify(void) {
  uint64_t bad = ledger.overwritten_bad;
  for (uint64_t i = 0; i < page_count; i++) bad += !page_is_right((uint32_t)i);
  answer_verified("pages", &ledger, bad);
}

static void corrupt_stale(uint32_t index) { fill_page(index, ledger.written[index] - 1); }

static void corrupt_flip(uint32_t index) { ((unsigned char *)&pages[index])[PAGE_BYTES - 1] ^= 0x40; }

static const struct requests REQUESTS = {
    .status = status,
    .verify = verify,
    .corrupt_stale = corrupt_stale,
    .corrupt_flip = corrupt_flip,
    .one = "page",
    .ledger = &ledger,
};

/* ---- workloads ---- */

static uint64_t random_below(uint64_t limit) {
  static uint64_t state = 0x2545f4914f6cdd1du;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint64_t)(((__uint128_t)state * limit) >> 64);
}

static uint32_t next_in_order(void) {
  static uint64_t next;
  if (next >= page_count) next = 0;
  return (uint32_t)next++;
}

static uint32_t next_at_random(void) { return (uint32_t)random_below(page_count); }

/* 90 % of the writes go to the first 10 % of the pages. */
static uint32_t next_hot_or_cold(void) {
  uint64_t hot = page_count / 10 > 0 ? page_count / 10 : 1;
  if (hot == page_count || random_below(10) < 9) return (uint32_t)random_below(hot);
  return (uint32_t)(hot + random_below(page_count - hot));
}

/* Writes for about `for_ms` (0 = for ever), at the rate asked for, answering requests in between. */
static void write_on(uint32_t (*next)(void), uint64_t for_ms) {
  uint64_t begin_us = now_us(), due_from_us = begin_us, batch = 64;
  double owed_pages = 0;
  for (;;) {
    uint64_t before_us = now_us();
    if (for_ms > 0 && before_us - begin_us >= for_ms * 1000) return;
    if (rate_pages_per_s == 0) {
      serve_requests(&REQUESTS, 0);
      for (uint64_t i = 0; i < batch; i++) write_page(next());
      /* A look at the serial port costs as much as hundreds of writes: keep it at about one a millisecond. */
      uint64_t took_us = now_us() - before_us;
      if (took_us < 500 && batch < 1u << 20) batch *= 2;
      if (took_us > 1500 && batch > 1) batch /= 2;
      continue;
    }
    /* After a pause of the guest the lost time is not made up for: it would be a rate nobody asked for. */
    uint64_t passed_us = before_us - due_from_us;
    due_from_us = before_us;
    if (passed_us > 100000) passed_us = 1000000 / BURSTS_A_SECOND;
    for (owed_pages += (double)rate_pages_per_s * (double)passed_us / 1e6; owed_pages >= 1; owed_pages--)
      write_page(next());
    uint64_t next_burst_us = before_us + 1000000 / BURSTS_A_SECOND;
    for (uint64_t t = now_us(); t < next_burst_us; t = now_us()) serve_requests(&REQUESTS, (int)((next_burst_us - t + 999) / 1000));
    serve_requests(&REQUESTS, 0);
  }
}

static void rest(uint64_t for_ms) {
  uint64_t end_us = now_us() + for_ms * 1000;
  for (uint64_t t = now_us(); t < end_us; t = now_us()) serve_requests(&REQUESTS, (int)((end_us - t + 999) / 1000));
}

/* ---- set-up ---- */

static void read_choices(void) {
  workload = choice("workload", "idle");
  const char *page = choice("page", "word");
  if (strcmp(page, "word") == 0)
    content = WORD;
  else if (strcmp(page, "text") == 0)
    content = TEXT;
  else if (strcmp(page, "full") == 0)
    content = FULL;
  else
    stop_with("page=%s is none of word, text and full", page);
  for (unsigned word = 0; word < VOCABULARY; word++) vocabulary[word] = mix(word + 1);
  page_count = number("wss_mib", "16") * (1048576 / PAGE_BYTES);
  rate_pages_per_s = number("rate", "0");
  busy_ms = number("busy", "5") * 1000;
  calm_ms = number("calm", "5") * 1000;

  struct sysinfo system;
  uint64_t needed = page_count * (PAGE_BYTES + sizeof *ledger.written);
  if (sysinfo(&system) == 0 && needed > (uint64_t)system.freeram * system.mem_unit)
    stop_with("a working set of %llu MiB does not fit into the guest's free memory",
              (unsigned long long)(page_count * PAGE_BYTES / 1048576));
}

int main(int argc, char **argv) {
  read_choices();
  open_line(argc > 1 ? argv[1] : "/dev/ttyS1");
  pages = zeroed(page_count * PAGE_BYTES);
  ledger = new_ledger(page_count);
  for (uint64_t i = 0; i < page_count; i++) write_page((uint32_t)i);
  answer("READY");

  if (strcmp(workload, "idle") == 0 || page_count == 0)
    for (;;) serve_requests(&REQUESTS, -1);
  if (strcmp(workload, "loop") == 0) write_on(next_in_order, 0);
  if (strcmp(workload, "random") == 0) write_on(next_at_random, 0);
  if (strcmp(workload, "hotcold") == 0) write_on(next_hot_or_cold, 0);
  if (strcmp(workload, "phases") == 0)
    for (;;) {
      write_on(next_in_order, busy_ms);
      rest(calm_ms);
    }
  stop_with("workload=%s is not one of idle, loop, random, hotcold, phases", workload);
}
