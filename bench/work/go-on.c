/*
 * A supervisor that looks at nothing: what notified system calls cost before anybody has decided about them.
 * Usage: go-on filter PID > FILE    the newest seccomp filter of a process, as root
 *        go-on run FILE CMD...      CMD under that filter, each notified call goes on at once; exits as CMD does
 * A thread serves the listener like ours does: a blocking receive, answers that wake on the same processor.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1
#endif

static struct sock_filter instructions[BPF_MAXINSNS];
static atomic_int listener = -1;

static int write_filter(pid_t pid) {
    // No signal: one that comes beside another stop would be left behind, and the process stopped for ever.
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0) err(1, "attach to %d", pid);
    waitpid(pid, NULL, __WALL);
    long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, instructions);
    if (count < 0) err(1, "filter of %d", pid);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return fwrite(instructions, sizeof *instructions, count, stdout) != (size_t)count || fflush(stdout) != 0;
}

static void *serve(void *unused) {
    struct seccomp_notif request;
    struct seccomp_notif_resp response = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    while (listener < 0) usleep(100);
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
    for (;;) {
        memset(&request, 0, sizeof request);
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0) continue;
        response.id = request.id;
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
    return unused;
}

static int run(const char *file, char **command) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, instructions, sizeof instructions);
    if (size <= 0) err(1, "%s", file);
    struct sock_fprog program = {.len = size / sizeof *instructions, .filter = instructions};
    pthread_t server;
    if (pthread_create(&server, NULL, serve, NULL) != 0) errx(1, "no thread");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /* It holds for this thread and its children, not for the server. */
    int installed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (installed < 0) err(1, "filter");
    listener = installed;
    pid_t child = fork();
    if (child == 0) {
        execvp(*command, command);
        err(127, "%s", *command);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "filter") == 0) return write_filter(atoi(argv[2]));
    if (argc > 3 && strcmp(argv[1], "run") == 0) return run(argv[2], argv + 3);
    errx(2, "usage: go-on filter PID > FILE | go-on run FILE CMD...");
}
