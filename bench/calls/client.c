/*
 * Makes calls of one kind, in a directory whose files are there: client DIRECTORY KIND MARK...
 * Prints "0", and after so many calls as each mark says, the mark and the nanoseconds since the line before; waits for a line after each.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* As made by bench/calls/index.ts: d0 to d999 with f0 to f99 each. */
#define DIRECTORIES 1000

static int fd;
static char name[64], buffer[1024];

static void must(long result) { if (result < 0) err(1, "%s", name); }
static void nth(int n) { sprintf(name, "d%d/f%d", n % DIRECTORIES, n / DIRECTORIES); }

static void open_known(int n) { (void)n; int f = open("/etc/passwd", O_RDONLY | O_CLOEXEC); must(f); close(f); }
static void open_other(int n) { nth(n); int f = open(name, O_RDONLY | O_CLOEXEC); must(f); close(f); }
static void create(int n) { sprintf(name, "new%d", n); int f = open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600); must(f); close(f); }
static void change_mode(int n) { must(fchmod(fd, 0600 + (n & 1))); }
static void label(int n) {
    static const char *const labels[] = {"system_u:object_r:etc_t:s0", "system_u:object_r:usr_t:s0", "system_u:object_r:tmp_t:s0"};
    const char *value = labels[n % 3];
    nth(n);
    must(setxattr(name, "security.selinux", value, strlen(value) + 1, 0));
}
/* What dbus-daemon does for each message, where SELinux is enabled. */
static void read_fdinfo(int n) {
    struct statfs fs;
    sprintf(name, "/proc/self/fdinfo/%d", n % 3);
    int f = open(name, O_RDONLY | O_CLOEXEC);
    must(f);
    must(fstatfs(f, &fs));
    must(read(f, buffer, sizeof buffer));
    close(f);
}

static const struct { const char *name; void (*call)(int); } kinds[] = {
    {"open", open_known}, {"open-others", open_other}, {"create", create}, {"fchmod", change_mode}, {"label", label}, {"fdinfo", read_fdinfo},
};

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char **argv) {
    char line[8];
    if (argc < 4 || chdir(argv[1]) < 0) return 2;
    void (*call)(int) = NULL;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) if (strcmp(kinds[k].name, argv[2]) == 0) call = kinds[k].call;
    if (!call) return 2;
    fd = open("mode", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    printf("0 0\n");
    fflush(stdout);
    for (int mark = 3, n = 0; mark < argc; mark++) {
        if (!fgets(line, sizeof line, stdin)) return 1;
        long start = now();
        while (n < atoi(argv[mark])) call(n++);
        printf("%d %ld\n", n, now() - start);
        fflush(stdout);
    }
    return fgets(line, sizeof line, stdin) ? 0 : 1;
}
