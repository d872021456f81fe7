/* Times nodes of a mounted filesystem: one line "name median_ns" per kind. Usage: client ITERATIONS KIND FILE [TEXT] ...
   KIND: read (open, read, close), write (open, write TEXT, read, close), statfs, getxattr (TEXT: the attribute). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static char buf[4096];

static int once(const char *kind, const char *file, const char *text) {
    struct statfs fs;
    if (strcmp(kind, "statfs") == 0) return statfs(file, &fs);
    if (strcmp(kind, "getxattr") == 0) return getxattr(file, text, buf, sizeof buf) < 0 ? -1 : 0;
    int writes = strcmp(kind, "write") == 0;
    int fd = open(file, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0) return -1;
    if (writes && write(fd, text, strlen(text)) < 0) return -1;
    if (read(fd, buf, sizeof buf) < 0) return -1;
    return close(fd);
}

static int by_value(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    int n = atoi(argv[1]);
    const char *kind = argv[2], *file = argv[3], *text = argc > 4 ? argv[4] : "";
    long *times = malloc(n * sizeof *times);
    for (int i = -n / 10; i < n; i++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        if (once(kind, file, text) < 0) {
            perror(file);
            return 1;
        }
        clock_gettime(CLOCK_MONOTONIC, &b);
        if (i >= 0) times[i] = (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
    }
    qsort(times, n, sizeof *times, by_value);
    printf("%ld\n", times[n / 2]);
    return 0;
}
