/* Uses of files that IMA looks at. One line for each result: a name, a tab, a number.
 * usage: client open NAME FILE COUNT    nanoseconds of one open(2) and close(2), median
 *        client files DIRECTORY COUNT   nanoseconds for each file NUMBER in it, opened once: median of the first and of the last tenth
 *        client grow FILE COUNT         opens the file COUNT times, each time with another content
 *        client read NAME FILE TIMES    bytes in a second, of the whole file in pieces of 64 KiB, each time */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000L + at.tv_nsec;
}

static int compare(const void *a, const void *b) {
  const long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

static long median(long *values, int count) {
  qsort(values, count, sizeof *values, compare);
  return values[count / 2];
}

static long opened(const char *path) {
  const long before = now();
  const int fd = open(path, O_RDONLY);
  if (fd < 0) {
    perror(path);
    exit(1);
  }
  close(fd);
  return now() - before;
}

int main(int argc, char **argv) {
  static char buffer[65536];
  if (argc == 5 && strcmp(argv[1], "open") == 0) {
    const int count = atoi(argv[4]);
    long *times = malloc(count * sizeof *times);
    opened(argv[3]);
    for (int i = 0; i < count; i++) times[i] = opened(argv[3]);
    printf("%s\t%ld\n", argv[2], median(times, count));
  } else if (argc == 4 && strcmp(argv[1], "files") == 0) {
    const int count = atoi(argv[3]), tenth = count / 10;
    long *times = malloc(count * sizeof *times);
    for (int i = 0; i < count; i++) {
      snprintf(buffer, sizeof buffer, "%s/%d", argv[2], i);
      times[i] = opened(buffer);
    }
    printf("first\t%ld\nlast\t%ld\n", median(times, tenth), median(times + count - tenth, tenth));
  } else if (argc == 4 && strcmp(argv[1], "grow") == 0) {
    for (int i = atoi(argv[3]); i > 0; i--) {
      const int fd = open(argv[2], O_WRONLY);
      if (fd < 0 || pwrite(fd, &i, sizeof i, 0) != sizeof i) {
        perror(argv[2]);
        return 1;
      }
      close(fd);
      opened(argv[2]);
    }
  } else if (argc == 5 && strcmp(argv[1], "read") == 0) {
    for (int times = atoi(argv[4]); times > 0; times--) {
      const long before = now();
      const int fd = open(argv[3], O_RDONLY);
      long all = 0, part;
      while ((part = read(fd, buffer, sizeof buffer)) > 0) all += part;
      printf("%s\t%ld\n", argv[2], (long)(all * 1e9 / (now() - before)));
      close(fd);
    }
  } else return 2;
  return 0;
}
