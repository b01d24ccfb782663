/*
 * One request at a time, and each answer awaited: a write counts only when the application has acknowledged it.
 */
#include "stores.h"
#include "line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_US = 60000000, SLOT_BYTES = 128 };

static int server = -1;

/* ---- bytes ---- */

static void connect_to(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  uint64_t end_us = now_us() + PATIENCE_US;
  for (;;) {
    server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(server, (struct sockaddr *)&address, sizeof address) == 0) return;
    if (now_us() > end_us) stop_with("the application does not listen on port %u: %s", port, strerror(errno));
    close(server);
    usleep(20000);
  }
}

static void send_all(const void *bytes, size_t count) {
  for (size_t sent = 0; sent < count;) {
    ssize_t n = write(server, (const char *)bytes + sent, count - sent);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) stop_with("the application closed the connection: %s", strerror(errno));
    sent += (size_t)n;
  }
}

static char unread[4096];
static size_t unread_at, unread_end;

static char next_byte(void) {
  while (unread_at == unread_end) {
    ssize_t n = read(server, unread, sizeof unread);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) stop_with("the application closed the connection: %s", n < 0 ? strerror(errno) : "no more bytes");
    unread_at = 0;
    unread_end = (size_t)n;
  }
  return unread[unread_at++];
}

static void next_bytes(char *into, size_t count, size_t size) {
  for (size_t i = 0; i < count; i++) {
    char c = next_byte();
    if (i < size) into[i] = c;
  }
}

/* Up to \r\n, which is left out. */
static void next_line(char *line, size_t size) {
  size_t length = 0;
  for (char c = next_byte(); c != '\n'; c = next_byte())
    if (c != '\r' && length < size - 1) line[length++] = c;
  line[length] = '\0';
}

static void expect_line(const char *expected) {
  char line[256];
  next_line(line, sizeof line);
  if (strcmp(line, expected) != 0) stop_with("the application answered \"%.100s\" for \"%s\"", line, expected);
}

__attribute__((format(printf, 1, 2))) static void send_text(const char *format, ...) {
  char request[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(request, sizeof request, format, arguments);
  va_end(arguments);
  send_all(request, (size_t)length);
}

static void next_text(char *text, size_t length, size_t size) {
  next_bytes(text, length, size - 1);
  text[length < size ? length : size - 1] = '\0';
}

/* ---- redis: https://redis.io/docs/latest/develop/reference/protocol-spec (inline commands) ---- */

static void redis_open(void) { connect_to(6379); }

static int redis_read(uint32_t index, char *text, size_t size) {
  send_text("GET record:%u\r\n", index);
  char header[64];
  next_line(header, sizeof header);
  if (header[0] != '$') stop_with("redis answered \"%s\" to GET", header);
  long length = strtol(header + 1, NULL, 10);
  if (length < 0) return 0;
  next_text(text, (size_t)length, size);
  expect_line("");
  return 1;
}

static void redis_write(uint32_t index, const char *text) {
  send_text("SET record:%u %s\r\n", index, text);
  expect_line("+OK");
}

/* ---- memcached: https://docs.memcached.org/protocols/basic ---- */

static void memcached_open(void) { connect_to(11211); }

static int memcached_read(uint32_t index, char *text, size_t size) {
  send_text("get record:%u\r\n", index);
  char header[64];
  next_line(header, sizeof header);
  if (strcmp(header, "END") == 0) return 0;
  size_t length;
  if (sscanf(header, "VALUE %*s %*u %zu", &length) != 1) stop_with("memcached answered \"%s\" to get", header);
  next_text(text, length, size);
  expect_line("");
  expect_line("END");
  return 1;
}

static void memcached_write(uint32_t index, const char *text) {
  send_text("set record:%u 0 0 %zu\r\n%s\r\n", index, strlen(text), text);
  expect_line("STORED");
}

/* ---- PostgreSQL: https://www.postgresql.org/docs/current/protocol.html (version 3, simple queries) ---- */

static uint32_t next_uint32(void) {
  uint32_t n;
  next_bytes((char *)&n, sizeof n, sizeof n);
  return ntohl(n);
}

/* Reads up to ReadyForQuery. @returns whether there was a row, and of that the first column; -1 and why it refused */
static int postgres_answer(char *text, size_t size) {
  int rows = 0;
  for (;;) {
    char type = next_byte();
    char body[1024] = "";
    size_t length = next_uint32() - 4;
    next_bytes(body, length, sizeof body - 1);
    if (type == 'Z') return rows;
    if (type == 'E') {
      for (char *c = body; c < body + sizeof body - 1 && c < body + length; c++)
        if (*c == '\0') *c = ' ';
      snprintf(text, size, "%s", body);
      return -1;
    }
    if (type != 'D' || rows++ > 0) continue;
    uint32_t column;
    memcpy(&column, body + 2, sizeof column);
    column = ntohl(column);
    snprintf(text, size, "%.*s", column > 512 ? 0 : (int)column, body + 6);
  }
}

static int postgres_query(const char *query, char *text, size_t size) {
  uint32_t length = htonl((uint32_t)strlen(query) + 5);
  send_all("Q", 1);
  send_all(&length, sizeof length);
  send_all(query, strlen(query) + 1);
  int rows = postgres_answer(text, size);
  if (rows < 0) stop_with("PostgreSQL answered %.150s", text);
  return rows;
}

static void postgres_open(void) {
  static const char who[] = "user\0postgres\0database\0postgres\0";
  uint32_t header[2] = {htonl(sizeof header + sizeof who), htonl(3 << 16)};
  char why[256] = "";
  for (uint64_t end_us = now_us() + PATIENCE_US; now_us() < end_us; usleep(100000)) {
    connect_to(5432);
    send_all(header, sizeof header);
    send_all(who, sizeof who);
    if (postgres_answer(why, sizeof why) >= 0) return;
    close(server); /* it listens before it serves */
    unread_at = unread_end = 0;
  }
  stop_with("PostgreSQL answered %.150s", why);
}

static int postgres_read(uint32_t index, char *text, size_t size) {
  char query[128];
  snprintf(query, sizeof query, "SELECT text FROM record WHERE id = %u", index);
  return postgres_query(query, text, size);
}

static void postgres_write(uint32_t index, const char *text) {
  char query[512], id[256] = "";
  snprintf(query, sizeof query,
           "INSERT INTO record VALUES (%u, '%s') ON CONFLICT (id) DO UPDATE SET text = EXCLUDED.text RETURNING id",
           index, text);
  if (!postgres_query(query, id, sizeof id)) stop_with("PostgreSQL has not written record %u", index);
}

/* ---- a file in memory, for applications that keep nothing ---- */

static void file_open(void) {
  server = open("/records", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (server < 0) stop_with("cannot open /records: %s", strerror(errno));
}

static int file_read(uint32_t index, char *text, size_t size) {
  char slot[SLOT_BYTES + 1] = "";
  ssize_t n = pread(server, slot, SLOT_BYTES, (off_t)index * SLOT_BYTES);
  if (n < 0) stop_with("cannot read /records: %s", strerror(errno));
  snprintf(text, size, "%s", slot);
  return slot[0] != '\0';
}

static void file_write(uint32_t index, const char *text) {
  char slot[SLOT_BYTES] = "";
  snprintf(slot, sizeof slot, "%s", text);
  if (pwrite(server, slot, SLOT_BYTES, (off_t)index * SLOT_BYTES) != SLOT_BYTES)
    stop_with("cannot write /records: %s", strerror(errno));
}

static const struct store STORES[] = {
    {"redis", redis_open, redis_read, redis_write},
    {"memcached", memcached_open, memcached_read, memcached_write},
    {"postgres", postgres_open, postgres_read, postgres_write},
    {"file", file_open, file_read, file_write},
};

const struct store *store_named(const char *name) {
  for (size_t i = 0; i < sizeof STORES / sizeof *STORES; i++)
    if (strcmp(STORES[i].name, name) == 0) return &STORES[i];
  stop_with("there is no store \"%s\"", name);
}
