/*
 * The init program of a User-mode Linux guest that answers questions about SELinux policies (kernel.ts boots it).
 *
 * Its root folder holds /questions: one line each, answered by one line of /answers in the same order.
 *   @load FILE              loads a policy image            -> ok | -errno
 *   @bool NAME VALUE        sets and commits a boolean      -> ok | -errno
 *   @ioctl SCON TCON CLASS DRIVER   which ioctl commands with this driver byte SCON may use on an object of CLASS (file dir fifo_file
 *                           tcp_socket netlink_route_socket) labelled TCON   -> +256 of 0 1 - | -errno
 *   @enforce 0|1            -> ok | -errno
 *   @file NAME CONTEXT      makes a file with this label, valid or not   -> ok | -errno
 *   @label NAME             the label of that file          -> +text | -errno
 *   @read NODE              the content of a node           -> +text | -errno
 *   NODE TEXT               writes TEXT to a node           -> +text (NULs as spaces) | -errno
 * Permissive at first; @ioctl enforces while it asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static FILE *out;
static char *granted; /* shared with children: by function byte, 1 = the ioctl command was let through, - = not asked */

static int node(const char *name, const char *data, size_t length, char *answer, size_t size)
{
	char path[256];
	snprintf(path, sizeof(path), "/selinux/%s", name);
	int fd = open(path, answer ? O_RDWR : O_WRONLY);
	if (fd < 0)
		return -errno;
	int result = 0;
	if (write(fd, data, length) < 0)
		result = -errno;
	else if (answer) {
		ssize_t n = read(fd, answer, size - 1);
		result = n < 0 ? -errno : n;
	}
	close(fd);
	return result;
}

static void status(int result)
{
	if (result < 0)
		fprintf(out, "%d\n", result);
	else
		fputs("ok\n", out);
}

static int load(const char *name)
{
	int fd = open(name, O_RDONLY);
	struct stat info;
	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	char *image = malloc(info.st_size);
	if (read(fd, image, info.st_size) != info.st_size)
		return -EIO;
	close(fd);
	int result = node("load", image, info.st_size, NULL, 0);
	free(image);
	return result;
}

static int set_boolean(char *line)
{
	char path[200], *value = strchr(line, ' ');
	if (!value)
		return -EINVAL;
	*value++ = 0;
	snprintf(path, sizeof(path), "booleans/%s", line);
	int result = node(path, value, strlen(value), NULL, 0);
	return result < 0 ? result : node("commit_pending_bools", "1", 1, NULL, 0);
}

/* SPECIAL_IOCTLS of ioctl.ts: judged by other permissions than ioctl, or refused with EACCES by others than SELinux */
static int is_special(unsigned int command)
{
	static const unsigned int special[] = { 0x0001, 0x0002, 0x541b, 0x5421, 0x5450, 0x5451, 0x5452, 0x4b47, 0x4b49, 0x894c, 0x894d };
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (special[i] == command)
			return 1;
	return 0;
}

static int set_attribute(const char *name, const char *context)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/thread-self/attr/%s", name);
	int fd = open(path, O_WRONLY);
	int result = fd < 0 || write(fd, context, strlen(context)) < 0 ? -errno : 0;
	close(fd);
	return result;
}

/* an open object, or -errno */
static int make_object(const char *class, const char *label)
{
	const char *path = "/tmp/object";
	int fd, made;
	if (strstr(class, "socket")) {
		if ((made = set_attribute("sockcreate", label)) < 0)
			return made;
		fd = strcmp(class, "tcp_socket") ? socket(AF_NETLINK, SOCK_RAW, 0) : socket(AF_INET, SOCK_STREAM, 0);
		return fd < 0 ? -errno : fd;
	}
	made = !strcmp(class, "dir") ? mkdir(path, 0700) : mknod(path, (strcmp(class, "file") ? S_IFIFO : S_IFREG) | 0600, 0);
	if (made < 0 || setxattr(path, "security.selinux", label, strlen(label) + 1, 0) < 0)
		fd = -errno;
	else if ((fd = open(path, O_RDONLY | O_NONBLOCK)) < 0)
		fd = -errno;
	remove(path);
	return fd;
}

static void ask_ioctl(char *line)
{
	char *source = strtok(line, " "), *target = strtok(NULL, " "), *class = strtok(NULL, " ");
	unsigned int driver = atoi(strtok(NULL, " "));
	int fd = make_object(class, target), code = 0;
	if (fd < 0) {
		fprintf(out, "%d\n", fd);
		return;
	}
	fflush(out);
	int enforced = node("enforce", "1", 1, NULL, 0);
	pid_t child = fork();
	if (child == 0) {
		int changed = set_attribute("current", source);
		if (changed < 0)
			_exit(-changed);
		for (unsigned int function = 0; function < 256; function++)
			granted[function] = is_special(driver << 8 | function)                      ? '-' :
					    ioctl(fd, driver << 8 | function, 0) == 0 || errno != EACCES ? '1' :
													   '0';
		_exit(0);
	}
	waitpid(child, &code, 0);
	node("enforce", "0", 1, NULL, 0);
	close(fd);
	if (enforced < 0 || code != 0) {
		fprintf(out, "%d\n", enforced < 0 ? enforced : -WEXITSTATUS(code));
		return;
	}
	fputc('+', out);
	for (int function = 0; function < 256; function++)
		fputc(granted[function], out);
	fputc('\n', out);
}

static int make_file(char *line)
{
	char path[64], *label = strchr(line, ' ');
	if (!label)
		return -EINVAL;
	*label++ = 0;
	snprintf(path, sizeof(path), "/tmp/%s", line);
	return mknod(path, S_IFREG | 0600, 0) < 0 || setxattr(path, "security.selinux", label, strlen(label) + 1, 0) < 0 ? -errno : 0;
}

static int label_of(const char *name, char *text, size_t size)
{
	char path[64];
	snprintf(path, sizeof(path), "/tmp/%s", name);
	ssize_t n = getxattr(path, "security.selinux", text, size);
	return n < 0 ? -errno : n;
}

static int read_node(const char *name, char *text, size_t size)
{
	char path[128];
	snprintf(path, sizeof(path), "/selinux/%s", name);
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size);
	int result = n < 0 ? -errno : n;
	close(fd);
	return result;
}

static void print_text(int n, char *text)
{
	if (n < 0) {
		fprintf(out, "%d\n", n);
		return;
	}
	for (int i = 0; i < n; i++)
		if (text[i] == 0)
			text[i] = ' ';
	fprintf(out, "+%.*s\n", n, text);
}

static void answer(char *line)
{
	static char text[8192];
	if (!strncmp(line, "@load ", 6)) {
		fflush(out); /* what there is, should the kernel die of it */
		status(load(line + 6));
	} else if (!strncmp(line, "@bool ", 6))
		status(set_boolean(line + 6));
	else if (!strncmp(line, "@ioctl ", 7))
		ask_ioctl(line + 7);
	else if (!strncmp(line, "@enforce ", 9))
		status(node("enforce", line + 9, 1, NULL, 0));
	else if (!strncmp(line, "@file ", 6))
		status(make_file(line + 6));
	else if (!strncmp(line, "@label ", 7))
		print_text(label_of(line + 7, text, sizeof(text)), text);
	else if (!strncmp(line, "@read ", 6))
		print_text(read_node(line + 6, text, sizeof(text)), text);
	else {
		char *data = strchr(line, ' ');
		if (!data) {
			fputs("no question\n", out);
			return;
		}
		*data++ = 0;
		int n = node(line, data, strlen(data), strcmp(line, "validatetrans") ? text : NULL, sizeof(text));
		print_text(n, text);
	}
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	FILE *in = fopen("/questions", "r");
	out = fopen("/answers", "w");
	if (!in || !out || mount("none", "/selinux", "selinuxfs", 0, NULL) < 0 || mount("none", "/proc", "proc", 0, NULL) < 0 ||
	    mount("none", "/tmp", "tmpfs", 0, NULL) < 0)
		perror("guest");
	granted = mmap(NULL, 256, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	while (in && out && (length = getline(&line, &size, in)) > 0) {
		line[length - 1] = 0;
		answer(line);
	}
	if (out)
		fclose(out);
	sync();
	reboot(LINUX_REBOOT_CMD_POWER_OFF);
	return 1;
}
