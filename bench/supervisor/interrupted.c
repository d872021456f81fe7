/*
 * Calls that no kernel interrupts, below a timer whose handler lacks SA_RESTART: prints how many of argv[1] rounds of six calls ended
 * with EINTR. The timer rings each argv[2] microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static long interrupted;

static void tick(int signal) { (void)signal; }

static int tried(int result) {
  if (result < 0 && errno == EINTR) interrupted++;
  return result;
}

static void ring(int microseconds) {
  struct itimerval timer = {{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_REAL, &timer, NULL);
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 350;
  int each = argc > 2 ? atoi(argv[2]) : 700;
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = tick;
  sigaction(SIGALRM, &action, NULL);
  char directory[] = "/dev/shm/lsmfs-bench-XXXXXX";
  if (mkdtemp(directory) == NULL || chdir(directory) != 0) return 1;
  close(open("file", O_CREAT | O_WRONLY, 0600));
  for (long i = 0; i < rounds; i++) {
    ring(each);
    tried(kill(getpid(), 0));
    if (tried(rename("file", "other")) == 0) while (rename("other", "file") != 0 && errno == EINTR);
    tried(chmod("file", 0600));
    tried(mkdir("directory", 0700));
    int fd = tried(open("file", O_RDONLY));
    tried(access("file", R_OK));
    ring(0);
    if (fd >= 0) close(fd);
    rmdir("directory");
  }
  unlink("file");
  rmdir("directory");
  if (chdir("/") != 0 || rmdir(directory) != 0) return 1;
  printf("interrupted\t%ld\n", interrupted);
  return 0;
}
