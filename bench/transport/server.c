/*
 * The yardstick of the transport bench: the tree of tree.ts served by libfuse's low-level API, one thread, with the same cache timeouts,
 * flags and default_permissions.   usage: server MOUNTPOINT
 */
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELLO = 2, DIRECTORY = 3, FIRST_FILE = 100, FILES = 100, HELLO_SIZE = 64, FILE_SIZE = 10 };
#define LONG_TIMEOUT 86400.0

static char hello[HELLO_SIZE];
static const char text[FILE_SIZE + 1] = "file-text\n";

static int is_directory(fuse_ino_t node) { return node == FUSE_ROOT_ID || node == DIRECTORY; }

static int exists(fuse_ino_t node) {
  return (node >= FUSE_ROOT_ID && node <= DIRECTORY) || (node >= FIRST_FILE && node < FIRST_FILE + FILES);
}

static void attributes(fuse_ino_t node, struct stat *st) {
  memset(st, 0, sizeof *st);
  st->st_ino = node;
  st->st_mode = is_directory(node) ? S_IFDIR | 0755 : S_IFREG | 0666;
  st->st_nlink = is_directory(node) ? 2 : 1;
  st->st_blksize = 4096;
}

/* Only the root is `static`: its own attributes and its entries may be remembered. */
static double attribute_timeout(fuse_ino_t node) { return node == FUSE_ROOT_ID ? LONG_TIMEOUT : 0; }
static double entry_timeout(fuse_ino_t parent) { return parent == FUSE_ROOT_ID ? LONG_TIMEOUT : 0; }

static void entry(fuse_ino_t parent, fuse_ino_t node, struct fuse_entry_param *out) {
  memset(out, 0, sizeof *out);
  out->ino = node;
  out->entry_timeout = entry_timeout(parent);
  out->attr_timeout = attribute_timeout(node);
  attributes(node, &out->attr);
}

static void op_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  struct fuse_entry_param out;
  fuse_ino_t node = 0;
  if (parent == FUSE_ROOT_ID && strcmp(name, "hello") == 0) node = HELLO;
  else if (parent == FUSE_ROOT_ID && strcmp(name, "dir") == 0) node = DIRECTORY;
  else if (parent == DIRECTORY && name[0] == 'f' && strlen(name) == 4) node = FIRST_FILE + atoi(name + 1);
  if (!exists(node)) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  entry(parent, node, &out);
  fuse_reply_entry(request, &out);
}

static void op_getattr(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *info) {
  struct stat st;
  (void)info;
  attributes(node, &st);
  fuse_reply_attr(request, &st, attribute_timeout(node));
}

static void op_open(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *info) {
  (void)node;
  info->direct_io = 1;
  fuse_reply_open(request, info);
}

static void op_read(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *info) {
  const char *data = node == HELLO ? hello : text;
  size_t length = node == HELLO ? HELLO_SIZE : FILE_SIZE;
  (void)info;
  if ((size_t)offset >= length) {
    fuse_reply_buf(request, NULL, 0);
    return;
  }
  length -= offset;
  fuse_reply_buf(request, data + offset, length < size ? length : size);
}

static void op_release(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *info) {
  (void)node;
  (void)info;
  fuse_reply_err(request, 0);
}

static void op_opendir(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *info) {
  (void)node;
  fuse_reply_open(request, info);
}

/* Entry n of a directory: `.`, `..`, then the names. 0 = no more. */
static fuse_ino_t nth(fuse_ino_t directory, int n, char *name) {
  if (n < 2) {
    strcpy(name, n == 0 ? "." : "..");
    return FUSE_ROOT_ID;
  }
  n -= 2;
  if (directory == FUSE_ROOT_ID) {
    strcpy(name, n == 0 ? "hello" : "dir");
    return n < 2 ? HELLO + n : 0;
  }
  sprintf(name, "f%03d", n);
  return n < FILES ? FIRST_FILE + n : 0;
}

static void list(fuse_req_t request, fuse_ino_t directory, size_t size, off_t offset, int plus) {
  char *buffer = malloc(size), name[16];
  size_t used = 0;
  fuse_ino_t node;
  for (int n = offset; (node = nth(directory, n, name)) != 0; n++) {
    size_t length;
    if (plus) {
      struct fuse_entry_param out;
      entry(directory, node, &out);
      if (n < 2) out.ino = 0;
      length = fuse_add_direntry_plus(request, buffer + used, size - used, name, &out, n + 1);
    } else {
      struct stat st;
      attributes(node, &st);
      length = fuse_add_direntry(request, buffer + used, size - used, name, &st, n + 1);
    }
    if (length > size - used) break;
    used += length;
  }
  fuse_reply_buf(request, buffer, used);
  free(buffer);
}

static void op_readdir(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)info;
  list(request, node, size, offset, 0);
}

static void op_readdirplus(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)info;
  list(request, node, size, offset, 1);
}

static void op_init(void *data, struct fuse_conn_info *connection) {
  (void)data;
  connection->want &= ~(FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
}

static const struct fuse_lowlevel_ops operations = {
  .init = op_init,
  .lookup = op_lookup,
  .getattr = op_getattr,
  .open = op_open,
  .read = op_read,
  .release = op_release,
  .opendir = op_opendir,
  .readdir = op_readdir,
  .readdirplus = op_readdirplus,
  .releasedir = op_release,
};

int main(int argc, char **argv) {
  struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
  struct fuse_session *session;
  if (argc != 2) return 2;
  memset(hello, 'h', HELLO_SIZE);
  hello[HELLO_SIZE - 1] = '\n';
  fuse_opt_add_arg(&args, argv[0]);
  fuse_opt_add_arg(&args, "-oallow_other,default_permissions,fsname=yardstick");
  session = fuse_session_new(&args, &operations, sizeof operations, NULL);
  if (session == NULL || fuse_session_mount(session, argv[1]) != 0) return 1;
  fuse_set_signal_handlers(session);
  puts("ready");
  fflush(stdout);
  fuse_session_loop(session);
  fuse_session_unmount(session);
  fuse_session_destroy(session);
  return 0;
}
