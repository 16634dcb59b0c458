/*
 * Makes the k-th call of one kind fail, counted over all processes of all sessions: strace counts each process alone.
 * /run/fault/plan: KIND K MODE ERRNO, where MODE is
 *   once    the K-th call fails with ERRNO
 *   ever    so do all later ones
 *   before  the process group is killed in place of the call
 *   after   the process group is killed when the call was done
 * /run/fault/count: a byte for every call seen so far.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char kind[16], mode[16];
static long at;
static int error;

__attribute__((constructor)) static void read_plan(void) {
  char text[128];
  int file = syscall(SYS_openat, AT_FDCWD, "/run/fault/plan", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  long size = syscall(SYS_read, file, text, sizeof text - 1);
  syscall(SYS_close, file);
  if (size <= 0) return;
  text[size] = 0;
  if (sscanf(text, "%15s %ld %15s %d", kind, &at, mode, &error) != 4) kind[0] = 0;
}

/* Appending a byte moves the file's end for every process at once: where ours went is our number. */
static long number(void) {
  int file = syscall(SYS_openat, AT_FDCWD, "/run/fault/count", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return 0;
  syscall(SYS_write, file, ".", 1);
  long end = syscall(SYS_lseek, file, 0, SEEK_CUR);
  syscall(SYS_close, file);
  return end;
}

static void die(void) {
  kill(0, SIGKILL);
  for (;;) pause();
}

enum verdict { PASS, FAIL, DIE_AFTER };

static enum verdict judge(const char *what) {
  if (strcmp(what, kind) != 0) return PASS;
  int saved = errno;
  long now = number();
  errno = saved;
  if (now < at || (now > at && strcmp(mode, "ever") != 0)) return PASS;
  if (strcmp(mode, "before") == 0) die();
  if (strcmp(mode, "after") == 0) return DIE_AFTER;
  errno = error;
  return FAIL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define GUARD(what, name, ...)                     \
  enum verdict verdict = judge(what);              \
  if (verdict == FAIL) return -1;                  \
  __auto_type result = REAL(name)(__VA_ARGS__);    \
  if (verdict == DIE_AFTER) die();                 \
  return result;

int mkdir(const char *p, mode_t m) { GUARD("mkdir", mkdir, p, m) }
int mkdirat(int d, const char *p, mode_t m) { GUARD("mkdir", mkdirat, d, p, m) }
int rmdir(const char *p) { GUARD("rmdir", rmdir, p) }
int unlink(const char *p) { GUARD("unlink", unlink, p) }
int unlinkat(int d, const char *p, int f) { GUARD(f & AT_REMOVEDIR ? "rmdir" : "unlink", unlinkat, d, p, f) }
int rename(const char *a, const char *b) { GUARD("rename", rename, a, b) }
int renameat(int a, const char *p, int b, const char *q) { GUARD("rename", renameat, a, p, b, q) }
int renameat2(int a, const char *p, int b, const char *q, unsigned f) { GUARD("rename", renameat2, a, p, b, q, f) }
int link(const char *a, const char *b) { GUARD("link", link, a, b) }
int linkat(int a, const char *p, int b, const char *q, int f) { GUARD("link", linkat, a, p, b, q, f) }
int symlink(const char *a, const char *b) { GUARD("symlink", symlink, a, b) }
int symlinkat(const char *a, int d, const char *b) { GUARD("symlink", symlinkat, a, d, b) }
int chmod(const char *p, mode_t m) { GUARD("chmod", chmod, p, m) }
int fchmod(int f, mode_t m) { GUARD("chmod", fchmod, f, m) }
int fchmodat(int d, const char *p, mode_t m, int f) { GUARD("chmod", fchmodat, d, p, m, f) }

ssize_t write(int file, const void *data, size_t size) {
  struct stat about;
  if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) return REAL(write)(file, data, size);
  GUARD("write", write, file, data, size)
}

static int creates(const char *path, int flags) {
  return (flags & O_CREAT) != 0 && strncmp(path, "/dev/", 5) != 0;
}

#define OPEN(name)                                          \
  int name(const char *path, int flags, ...) {              \
    va_list rest;                                           \
    va_start(rest, flags);                                  \
    mode_t m = va_arg(rest, mode_t);                        \
    va_end(rest);                                           \
    if (!creates(path, flags)) return REAL(name)(path, flags, m); \
    GUARD("create", name, path, flags, m)                   \
  }
#define OPENAT(name)                                        \
  int name(int directory, const char *path, int flags, ...) { \
    va_list rest;                                           \
    va_start(rest, flags);                                  \
    mode_t m = va_arg(rest, mode_t);                        \
    va_end(rest);                                           \
    if (!creates(path, flags)) return REAL(name)(directory, path, flags, m); \
    GUARD("create", name, directory, path, flags, m)        \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
