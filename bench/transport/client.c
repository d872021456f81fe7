/*
 * The load of the transport bench: N processes repeat one operation for a while.
 * usage: client MOUNTPOINT OPERATION CLIENTS SECONDS   prints: operations/s, median and 99th percentile in microseconds
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SAMPLES = 1000000, HELLO_SIZE = 64, FILES = 100, START_DELAY_US = 20000 };

static char path[4096];

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void fail(const char *what) {
  fprintf(stderr, "%s: %s: %s\n", path, what, strerror(errno));
  _exit(3);
}

static void open_read_close(const char *mount) {
  char buffer[128];
  int fd;
  snprintf(path, sizeof path, "%s/hello", mount);
  fd = open(path, O_RDONLY);
  if (fd < 0) fail("open");
  if (read(fd, buffer, sizeof buffer) != HELLO_SIZE) fail("read");
  close(fd);
}

static void stat_one(const char *mount) {
  struct stat st;
  snprintf(path, sizeof path, "%s/hello", mount);
  if (stat(path, &st) != 0) fail("stat");
}

static void list_and_stat(const char *mount) {
  struct dirent *entry;
  struct stat st;
  int seen = 0;
  DIR *directory;
  snprintf(path, sizeof path, "%s/dir", mount);
  directory = opendir(path);
  if (directory == NULL) fail("opendir");
  while ((entry = readdir(directory)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    if (fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) fail("fstatat");
    seen++;
  }
  closedir(directory);
  errno = ENOENT;
  if (seen != FILES) fail("entries missing");
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  void (*operation)(const char *) = NULL;
  if (argc != 5) return 2;
  if (strcmp(argv[2], "open-read-close") == 0) operation = open_read_close;
  if (strcmp(argv[2], "stat") == 0) operation = stat_one;
  if (strcmp(argv[2], "readdir-stat") == 0) operation = list_and_stat;
  int clients = atoi(argv[3]);
  double seconds = atof(argv[4]);
  if (operation == NULL || clients < 1 || seconds <= 0) return 2;

  int per_client = MAX_SAMPLES / clients;
  float *samples = mmap(NULL, sizeof(float) * MAX_SAMPLES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *counts = mmap(NULL, sizeof(int) * clients, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (samples == MAP_FAILED || counts == MAP_FAILED) return 1;
  double start = now_us() + START_DELAY_US, end = start + seconds * 1e6;
  for (int i = 0; i < clients; i++) {
    if (fork() != 0) continue;
    operation(argv[1]);
    while (now_us() < start) usleep(500);
    double before = now_us();
    while (before < end && counts[i] < per_client) {
      operation(argv[1]);
      double after = now_us();
      samples[i * per_client + counts[i]++] = after - before;
      before = after;
    }
    _exit(0);
  }
  int status, failed = 0, total = 0;
  for (int i = 0; i < clients; i++) {
    wait(&status);
    failed |= status;
  }
  if (failed) return 1;
  for (int i = 0; i < clients; i++) {
    memmove(samples + total, samples + i * per_client, counts[i] * sizeof(float));
    total += counts[i];
  }
  qsort(samples, total, sizeof(float), ascending);
  printf("%.1f %.2f %.2f\n", total / seconds, samples[total / 2], samples[(int)(total * 0.99)]);
  return 0;
}
