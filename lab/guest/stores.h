/* Where an application's guest keeps its records: in the application itself, over its own protocol. */
#ifndef STORES_H
#define STORES_H

#include <stddef.h>
#include <stdint.h>

struct store {
  const char *name;
  /* Waits until the application answers. */
  void (*open)(void);
  /* @returns 1 and the record's text, or 0 when there is none. Stops when the application does not answer. */
  int (*read)(uint32_t index, char *text, size_t size);
  /* Returns when the application has acknowledged the write. Stops when it refuses. */
  void (*write)(uint32_t index, const char *text);
};

/* Stops when there is none of that name. */
const struct store *store_named(const char *name);

#endif
