/*
 * A thread waits for an answer while another executes a setuid program, which has memory in the same place: nothing may come there.
 *
 * usage: write-race FILE SETUID ROUNDS   FILE has a label; SETUID is a copy of this program that belongs to root. Build with -static -no-pie.
 * Prints how many of the programs found something there.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 256, FOUND = 42, ANSWERS = 3 };

/* At the same address in both programs. */
static volatile char place[SIZE];
static const char *file;
/* Shared with the first process. */
static volatile unsigned *answers;

/* The program that is executed: looks for two milliseconds. */
static int victim(void)
{
	struct timespec now, start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int i = 0; i < SIZE; i++)
			if (place[i]) return FOUND;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < 2000000);
	return 0;
}

/* The thread that executes a program goes on under the id of the first one, which is the one that asks. */
static void *execute(void *program)
{
	while (*answers < ANSWERS) usleep(10);
	usleep(rand() % 500);
	execv(program, (char *[]){program, NULL});
	_exit(1);
}

static void attack(char *program, int round)
{
	pthread_t thread;
	srand(round);
	pthread_create(&thread, NULL, execute, program);
	for (;;)
		if (getxattr(file, "security.selinux", (void *)place, SIZE) > 0) ++*answers;
}

int main(int argc, char **argv)
{
	if (argc < 4) return geteuid() == 0 ? victim() : 1;
	int rounds = atoi(argv[3]), found = 0, failed = 0;
	file = argv[1];
	answers = mmap(NULL, sizeof *answers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < rounds; i++) {
		int status;
		*answers = 0;
		if (fork() == 0) attack(argv[2], i);
		wait(&status);
		if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != FOUND)) failed++;
		else if (WEXITSTATUS(status) == FOUND) found++;
	}
	printf("%d found, %d failed\n", found, failed);
	return 0;
}
