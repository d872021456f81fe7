/*
 * Times single system calls, in a directory to make files in.
 * Usage: client ITERATIONS [PREFIX]       one line "name<TAB>median_ns" for each kind whose name begins so, after a tenth as many that are not timed
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static int fd;
static struct statfs fs;
static struct stat st;
static char buf[256];

static void unrelated_open(void) { int f = open("/etc/passwd", O_RDONLY | O_CLOEXEC); close(f); }
static void failing_open(void) { open("/usr/lib/x86_64-linux-gnu/no-such-library.so", O_RDONLY | O_CLOEXEC); }
static void unrelated_stat(void) { stat("/etc/passwd", &st); }
static void unrelated_fstatfs(void) { fstatfs(fd, &fs); }
static void unrelated_statfs(void) { statfs("/etc", &fs); }
static void our_statfs(void) { statfs("/sys/fs/selinux", &fs); }
static void open_attr(void) { int f = open("/proc/thread-self/attr/current", O_RDONLY | O_CLOEXEC); close(f); }
static void small_write(void) { if (write(fd, buf, 1) < 0) return; }
static void get_pid(void) { syscall(SYS_getppid); }

static void create(void) { int f = open("lsmfs-new", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600); close(f); }
static void delete(void) { unlink("lsmfs-new"); }
static void make_directory(void) { mkdir("lsmfs-new.d", 0700); }
static void delete_directory(void) { rmdir("lsmfs-new.d"); }

/* `undo` is not timed. */
static const struct { const char *name; void (*call)(void); void (*undo)(void); } kinds[] = {
    {"getppid", get_pid}, {"open", unrelated_open}, {"open ENOENT", failing_open}, {"stat", unrelated_stat},
    {"fstatfs", unrelated_fstatfs}, {"statfs", unrelated_statfs}, {"write 1 byte", small_write},
    {"statfs selinuxfs", our_statfs}, {"open attr", open_attr},
    {"create a file", create, delete}, {"create a directory", make_directory, delete_directory},
};

static int by_value(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return x < y ? -1 : x > y;
}

static long *times;

static void make_calls(size_t k, int n) {
    for (int i = 0; i < n; i++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        kinds[k].call();
        clock_gettime(CLOCK_MONOTONIC, &b);
        if (kinds[k].undo) kinds[k].undo();
        times[i] = (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
    }
}

static long median(long *values, int n) {
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 2000;
    const char *prefix = argc > 2 ? argv[2] : "";
    if (n < 1) return 2;
    times = malloc(n * sizeof *times);
    fd = open("/dev/null", O_RDWR);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const char *name = kinds[k].name;
        if (strncmp(name, prefix, strlen(prefix)) != 0) continue;
        make_calls(k, n / 10);
        make_calls(k, n);
        printf("%s\t%ld\n", name, median(times, n));
    }
    return 0;
}
