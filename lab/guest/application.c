/*
 * The first program of a guest with a real application. It starts the application and its load, keeps records
 * in the application all the while, and can prove that none of them was lost.
 *
 * What is done is in scripts, in /application: `start` starts the application, `load` puts load on it and ends when
 * that is steady, `check` says with its status whether the application finds itself whole. The choices are read
 * from the environment, as in workload.c: `workload`, and what the scripts want.
 *
 * A record is what a page is in workload.c: it has an index, a generation and a checksum, and a ledger outside the
 * application holds the generation that was last acknowledged for it. The next write begins only after the
 * acknowledgement of the last one, so an application that lost an acknowledged write has a record that is old.
 *
 * The requests are those of workload.c. VERIFY stops the load, has `check` look at what the load wrote, and reads
 * every record; a problem that `check` finds counts as one bad record, and is printed on the console.
 */
#include "line.h"
#include "stores.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RECORDS = 256, RECORDS_PER_S = 50 };

static const char *workload;
static const struct store *store;
static struct ledger ledger;

/* ---- scripts ---- */

/* @returns its status, as wait() has it */
static int run_script(const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/application/%s", name);
  pid_t pid = fork();
  if (pid == 0) {
    execl("/bin/busybox", "sh", path, (char *)NULL);
    _exit(127);
  }
  int status = -1;
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/* The scripts' background processes come to init when the script has ended. None of them has a reason to end. */
static void look_after_orphans(void) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    fprintf(stderr, "workload: process %d of %s has ended, wait status %d\n", pid, workload, status);
}

/* To the process group that the script `load` wrote down. */
static void signal_load(int signal_number) {
  int pid = 0;
  FILE *file = fopen("/application/load.pid", "r");
  if (file == NULL || fscanf(file, "%d", &pid) != 1 || pid <= 1) stop_with("no load.pid of %s", workload);
  fclose(file);
  if (kill(-pid, signal_number) != 0) fprintf(stderr, "workload: the load of %s is gone\n", workload);
}

/* ---- records ---- */

static void record_text(uint32_t index, uint32_t generation, char text[64]) {
  uint64_t checksum = mix(((uint64_t)index << 32 | generation) + 0x9e3779b97f4a7c15u);
  snprintf(text, 64, "%u:%u:%016llx", index, generation, (unsigned long long)checksum);
}

static void write_record(uint32_t index, uint32_t generation) {
  char text[64];
  record_text(index, generation, text);
  store->write(index, text);
}

static int record_is_right(uint32_t index) {
  char expected[64], found[128];
  record_text(index, ledger.written[index], expected);
  return store->read(index, found, sizeof found) && strcmp(found, expected) == 0;
}

static void write_next_record(void) {
  static uint32_t next;
  uint32_t index = next++ % RECORDS;
  if (ledger.written[index] != 0 && !record_is_right(index)) ledger.overwritten_bad++;
  write_record(index, ledger.written[index] + 1);
  ledger.written[index]++;
  ledger.writes++;
}

/* ---- requests ---- */

static void status(void) { answer_status(workload, &ledger); }

static void verify(void) {
  signal_load(SIGSTOP);
  uint64_t bad = ledger.overwritten_bad;
  if (run_script("check") != 0) {
    fprintf(stderr, "workload: %s does not find itself whole\n", workload);
    bad++;
  }
  for (uint32_t i = 0; i < RECORDS; i++) bad += !record_is_right(i);
  signal_load(SIGCONT);
  look_after_orphans();
  answer_verified("records", &ledger, bad);
}

static void corrupt_stale(uint32_t index) { write_record(index, ledger.written[index] - 1); }

static void corrupt_flip(uint32_t index) { store->write(index, "flipped"); }

static const struct requests REQUESTS = {
    .status = status,
    .verify = verify,
    .corrupt_stale = corrupt_stale,
    .corrupt_flip = corrupt_flip,
    .one = "record",
    .ledger = &ledger,
};

/* ---- set-up ---- */

static void mount_on(const char *path, const char *type, const char *options) {
  mkdir(path, 0755);
  if (mount(type, path, type, 0, options) != 0) stop_with("cannot mount %s on %s: %s", type, path, strerror(errno));
}

/* The loopback, over which the load reaches the application. */
static void start_network(void) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int any = socket(AF_INET, SOCK_DGRAM, 0);
  if (any < 0 || ioctl(any, SIOCSIFFLAGS, &request) != 0) stop_with("cannot start the loopback: %s", strerror(errno));
  close(any);
}

static void mount_all(void) {
  mount_on("/proc", "proc", "");
  mount_on("/sys", "sysfs", "");
  mount_on("/dev", "devtmpfs", "");
  mount_on("/dev/shm", "tmpfs", "mode=1777");
  mount_on("/tmp", "tmpfs", "mode=1777");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  workload = choice("workload", "");
  mount_all();
  start_network();
  open_line("/dev/ttyS1");
  ledger = new_ledger(RECORDS);
  store = store_named(choice("store", "file"));
  setenv("PATH", "/usr/bin:/bin", 1);
  if (run_script("start") != 0) stop_with("%s does not start", workload);
  store->open();
  for (uint32_t i = 0; i < RECORDS; i++) write_next_record();
  printf("application: %s answers after %llu ms\n", workload, (unsigned long long)now_us() / 1000);
  fflush(stdout);
  if (run_script("load") != 0) stop_with("the load of %s does not start", workload);
  printf("application: %s is steady after %llu ms\n", workload, (unsigned long long)now_us() / 1000);
  fflush(stdout);
  answer("READY");
  for (;;) {
    uint64_t due_us = now_us() + 1000000 / RECORDS_PER_S;
    write_next_record();
    look_after_orphans();
    serve_requests(&REQUESTS, 0);
    for (uint64_t t = now_us(); t < due_us; t = now_us())
      serve_requests(&REQUESTS, (int)((due_us - t + 999) / 1000));
  }
}
