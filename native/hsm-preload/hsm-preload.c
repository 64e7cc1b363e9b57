/*
 * Lets an unmodified program use /dev/acrn_hsm of a Cupule on the same machine: open, ioctl and close of that file go
 * over a local socket.
 *
 *   CUPULE_HSM_SOCKET=SOCKET LD_PRELOAD=libhsm-preload.so PROGRAM
 *
 * The descriptor that open returns is a connection: the open file, and its VM, live as long as it, so a program that
 * dies leaves nothing behind. Each ioctl goes over a connection of its own from a pool, so threads do not wait for each
 * other.
 *
 * The program's memory and the guest's are the same. At CREATE_VM, SET_MEMSEG and VM_INTR_MONITOR the pages named are
 * replaced in place, once, by shared ones with the same contents, and their descriptor goes along. While that ioctl
 * runs no other thread may write to these pages.
 *
 * The protocol is drawn in org.cupule.hsm.socket.Request.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/acrn.h>
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define DEVICE "/dev/acrn_hsm"
#define PAGE 4096UL
#define MOST_FILES 256
#define MOST_IDLE 16
#define MOST_BYTES 512
#define VERSION 1

enum { OPEN = 1, JOIN, IOCTL, CANCEL, CLOSE };
enum { READABLE = 1, WRITABLE = 2 };

struct request {
    uint32_t kind;
    uint32_t command;
    uint64_t argument;
    uint32_t flags;
    uint32_t bytes;
    uint64_t address;
    uint64_t length;
    uint64_t offset;
    uint8_t token[16];
};
_Static_assert(sizeof(struct request) == 64, "the header of a request");

struct reply {
    int32_t result;
    uint32_t bytes;
    uint8_t data[MOST_BYTES];
};

/* An open /dev/acrn_hsm and its idle connections. */
struct file {
    int fd; /* -1: free */
    uint8_t token[16];
    int idle[MOST_IDLE];
    int idle_count;
};

/* Pages of this program that have been replaced by shared ones. */
struct shared {
    struct shared *next;
    uintptr_t start, end;
    int memfd;
    ino_t inode;
};

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static struct file files[MOST_FILES];
static struct shared *all_shared;

static int real_close(int fd) { return (int)syscall(SYS_close, fd); }

/* ---- memory that may be bad ------------------------------------------------------------------------------------- */

/* Copies through a pipe, where the kernel looks at the addresses: at most PIPE_BUF bytes. */
static bool copy(void *to, const void *from, size_t bytes)
{
    int ends[2];
    if (bytes == 0)
        return true;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    bool done = write(ends[1], from, bytes) == (ssize_t)bytes && read(ends[0], to, bytes) == (ssize_t)bytes;
    real_close(ends[0]);
    real_close(ends[1]);
    return done;
}

/* Can these bytes be written? They get their own values. */
static bool writable(void *at, size_t bytes)
{
    uint8_t same[MOST_BYTES];
    return bytes <= sizeof same && copy(same, at, bytes) && copy(at, same, bytes);
}

/* ---- what is mapped --------------------------------------------------------------------------------------------- */

struct area {
    uintptr_t start, end;
    char rights[5];
    unsigned long inode;
};

/* Calls for each mapping that overlaps a range; false from the callee ends it. False also when the system tells nothing. */
static bool each_area(uintptr_t start, uintptr_t end, bool (*look)(const struct area *, void *), void *with)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    bool good = maps != NULL;
    while (good && fgets(line, sizeof line, maps)) {
        struct area area;
        if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &area.start, &area.end, area.rights, &area.inode) == 4
            && area.start < end && area.end > start)
            good = look(&area, with);
    }
    if (maps)
        fclose(maps);
    return good;
}

struct cover {
    uintptr_t next; /* everything below is covered */
    int prot;
    bool any;
};

static bool may_be_shared(const struct area *area, void *with)
{
    struct cover *cover = with;
    bool follows = area->start <= cover->next && area->rights[0] == 'r' && area->rights[1] == 'w';
    cover->next = area->end;
    cover->prot = PROT_READ | PROT_WRITE | (area->rights[2] == 'x' ? PROT_EXEC : 0);
    cover->any = true;
    return follows;
}

struct owned {
    unsigned long inode;
    bool any;
};

static bool is_ours(const struct area *area, void *with)
{
    struct owned *owned = with;
    owned->any = true;
    return area->inode == owned->inode;
}

/* Are these still the shared pages, or has the program put something else there? */
static bool still_shared(const struct shared *pages)
{
    struct owned owned = {pages->inode, false};
    return each_area(pages->start, pages->end, is_ours, &owned) && owned.any;
}

static void forget_stale(void)
{
    for (struct shared **at = &all_shared; *at;) {
        struct shared *pages = *at;
        if (still_shared(pages)) {
            at = &pages->next;
        } else {
            *at = pages->next;
            real_close(pages->memfd);
            free(pages);
        }
    }
}

/* ---- sharing ---------------------------------------------------------------------------------------------------- */

static void copy_pages(uint8_t *to, const uint8_t *from, size_t length)
{
    static const uint8_t zeros[PAGE];
    for (size_t at = 0; at < length; at += PAGE)
        if (memcmp(from + at, zeros, PAGE) != 0)
            memcpy(to + at, from + at, PAGE); /* pages of zeros need no room */
}

struct replacement {
    uintptr_t start;
    size_t length;
    int memfd, prot;
};

/* Puts shared pages with the same contents in the place of a range. */
static void *replace(void *of)
{
    struct replacement *range = of;
    void *copied = mmap(NULL, range->length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, range->memfd, 0);
    if (copied == MAP_FAILED)
        return NULL;
    copy_pages(copied, (const uint8_t *)range->start, range->length);
    munmap(copied, range->length);
    return mmap((void *)range->start, range->length, range->prot, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, range->memfd, 0);
}

/* The pages may be of the caller's stack, so another thread does it, while nothing is written here: not even by signals. */
static bool replace_aside(const struct replacement *wanted)
{
    static struct replacement range; /* under the lock */
    sigset_t all, before;
    pthread_t aside;
    void *at = NULL;
    range = *wanted;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&aside, NULL, replace, &range) == 0)
        pthread_join(aside, &at);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return at == (void *)range.start;
}

static struct shared *make_shared(uintptr_t start, size_t length)
{
    struct cover cover = {start, 0, false};
    struct stat status;
    struct shared *pages;
    if (!each_area(start, start + length, may_be_shared, &cover) || cover.next < start + length || !cover.any)
        return NULL;
    int made = memfd_create("hsm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0)
        return NULL;
    int memfd = fcntl(made, F_DUPFD_CLOEXEC, 512); /* out of the way of programs that count on low numbers */
    if (memfd < 0)
        memfd = made;
    else
        real_close(made);
    pages = malloc(sizeof *pages);
    if (!pages || ftruncate(memfd, (off_t)length) != 0 || fstat(memfd, &status) != 0
        || !replace_aside(&(struct replacement){start, length, memfd, cover.prot})) {
        free(pages);
        real_close(memfd);
        return NULL;
    }
    *pages = (struct shared){all_shared, start, start + length, memfd, status.st_ino};
    all_shared = pages;
    return pages;
}

/* Names a range in a request, as shared memory. When that is not possible the request goes without, and the HSM finds
   a bad address. @return the descriptor, or -1 */
static int share(struct request *request, uint64_t address, uint64_t length)
{
    struct shared *found = NULL;
    uintptr_t start = address & -PAGE;
    if (length == 0 || length > UINT64_MAX - PAGE - start || (length & (PAGE - 1)) != 0)
        return -1;
    pthread_mutex_lock(&lock);
    forget_stale();
    for (struct shared *pages = all_shared; pages; pages = pages->next) {
        if (pages->start <= start && start + length <= pages->end) {
            found = pages;
        } else if (pages->start < start + length && start < pages->end) {
            fprintf(stderr, "hsm-preload: 0x%lx bytes at 0x%lx are shared in part already\n", (unsigned long)length, start);
            pthread_mutex_unlock(&lock);
            return -1;
        }
    }
    if (!found)
        found = make_shared(start, length);
    if (found) {
        request->address = start;
        request->length = length;
        request->offset = start - found->start;
    }
    pthread_mutex_unlock(&lock);
    return found ? found->memfd : -1;
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

static bool send_request(int connection, const struct request *request, const void *bytes, int passed)
{
    char room[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
    struct iovec parts[] = {{(void *)request, sizeof *request}, {(void *)bytes, request->bytes}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;
    if (passed >= 0) {
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &passed, sizeof passed);
    }
    do
        sent = sendmsg(connection, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)(sizeof *request + request->bytes);
}

/* Waits for the answer; a signal ends the wait of an ioctl that may be interrupted (poll is never restarted). */
static bool receive_reply(int connection, struct reply *reply, bool interruptible)
{
    struct pollfd answer = {connection, POLLIN, 0};
    while (interruptible && poll(&answer, 1, -1) < 0 && errno == EINTR) {
        struct request cancel = {.kind = CANCEL};
        if (!send_request(connection, &cancel, NULL, -1))
            return false;
        interruptible = false;
    }
    ssize_t got;
    do
        got = recv(connection, reply, sizeof *reply, 0);
    while (got < 0 && errno == EINTR);
    return got >= 8 && reply->bytes <= sizeof reply->data && (size_t)got == 8 + (size_t)reply->bytes;
}

static int dial(void)
{
    const char *path = getenv("CUPULE_HSM_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connection >= 0 && connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        real_close(connection);
        errno = errno == EACCES ? EACCES : ENODEV; /* nobody serves */
        return -1;
    }
    return connection;
}

static struct file *file_of(int fd)
{
    for (int i = 0; i < MOST_FILES; i++)
        if (fd > 0 && files[i].fd == fd)
            return &files[i];
    return NULL;
}

/* Takes an idle connection of a file, or makes one. @return -1 when that is not possible */
static int take_connection(int fd)
{
    struct request join = {.kind = JOIN};
    struct reply reply;
    int connection = -1;
    pthread_mutex_lock(&lock);
    struct file *file = file_of(fd);
    if (file) {
        memcpy(join.token, file->token, sizeof join.token);
        if (file->idle_count > 0)
            connection = file->idle[--file->idle_count];
    }
    pthread_mutex_unlock(&lock);
    if (connection >= 0 || !file)
        return connection;
    connection = dial();
    if (connection >= 0 && (!send_request(connection, &join, NULL, -1) || !receive_reply(connection, &reply, false))) {
        real_close(connection);
        connection = -1;
    }
    return connection;
}

static void give_connection(int fd, int connection)
{
    pthread_mutex_lock(&lock);
    struct file *file = file_of(fd);
    if (file && file->idle_count < MOST_IDLE) {
        file->idle[file->idle_count++] = connection;
        connection = -1;
    }
    pthread_mutex_unlock(&lock);
    if (connection >= 0)
        real_close(connection);
}

/* @return 0 or a negative error number */
static int ask(int fd, const struct request *request, const void *bytes, int passed, struct reply *reply)
{
    int connection = take_connection(fd);
    bool waits = request->kind == IOCTL && request->command == ACRN_IOCTL_ATTACH_IOREQ_CLIENT;
    if (connection < 0)
        return -ENODEV;
    if (!send_request(connection, request, bytes, passed) || !receive_reply(connection, reply, waits)) {
        real_close(connection);
        return -ENODEV; /* the server is gone */
    }
    give_connection(fd, connection);
    return reply->result;
}

/* The connections of the parent must not carry the words of two processes. */
static void after_fork(void)
{
    for (int i = 0; i < MOST_FILES; i++)
        while (files[i].idle_count > 0)
            real_close(files[i].idle[--files[i].idle_count]);
    pthread_mutex_unlock(&lock);
}

static void before_fork(void) { pthread_mutex_lock(&lock); }

static void after_fork_parent(void) { pthread_mutex_unlock(&lock); }

__attribute__((constructor)) static void begin(void) { pthread_atfork(before_fork, after_fork_parent, after_fork); }

/* ---- open ------------------------------------------------------------------------------------------------------- */

static bool is_device(const char *path)
{
    const char *served = getenv("CUPULE_HSM_SOCKET");
    return path && strcmp(path, DEVICE) == 0 && served && *served;
}

static int open_device(int flags)
{
    struct request open = {.kind = OPEN, .argument = VERSION};
    struct reply reply;
    int fd = dial();
    if (fd < 0)
        return -1;
    if (!send_request(fd, &open, NULL, -1) || !receive_reply(fd, &reply, false) || reply.result < 0
        || reply.bytes != sizeof open.token) {
        real_close(fd);
        errno = ENODEV;
        return -1;
    }
    if (!(flags & O_CLOEXEC))
        fcntl(fd, F_SETFD, 0);
    pthread_mutex_lock(&lock);
    struct file *file = NULL;
    for (int i = 0; i < MOST_FILES && !file; i++)
        if (files[i].fd <= 0)
            file = &files[i];
    if (file) {
        file->fd = fd;
        file->idle_count = 0;
        memcpy(file->token, reply.data, sizeof file->token);
    }
    pthread_mutex_unlock(&lock);
    if (!file) {
        real_close(fd);
        errno = EMFILE;
        return -1;
    }
    return fd;
}

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
    if (is_device(path))
        return open_device(flags);
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list list; \
        va_start(list, flags); \
        mode = va_arg(list, mode_t); \
        va_end(list); \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags)
    return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags)
    return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    MODE(flags)
    return open_any(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    MODE(flags)
    return open_any(folder, path, flags | O_LARGEFILE, mode);
}

/* What the fortified headers call. */
int __open_2(const char *path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }

int __open64_2(const char *path, int flags) { return open_any(AT_FDCWD, path, flags | O_LARGEFILE, 0); }

int __openat_2(int folder, const char *path, int flags) { return open_any(folder, path, flags, 0); }

int __openat64_2(int folder, const char *path, int flags) { return open_any(folder, path, flags | O_LARGEFILE, 0); }

/* ---- ioctl ------------------------------------------------------------------------------------------------------ */

/* How much the driver writes to the argument: for PM_GET_CPU_STATE more than the number says. */
static size_t bytes_out(unsigned int command, const uint8_t *argument)
{
    static const size_t power[] = {8, sizeof(struct acrn_pstate_data), 8, sizeof(struct acrn_cstate_data)};
    if (command == ACRN_IOCTL_PM_GET_CPU_STATE)
        return argument[0] < 4 ? power[argument[0]] : 0;
    return command == ACRN_IOCTL_CREATE_VM ? sizeof(struct acrn_vm_creation) : 0;
}

/* Shares what the argument names. @return the descriptor that goes along, or -1 */
static int along(struct request *request, const uint8_t *bytes)
{
    const struct acrn_vm_creation *creation = (const void *)bytes;
    const struct acrn_vm_memmap *map = (const void *)bytes;
    int fd;
    switch (request->command) {
    case ACRN_IOCTL_CREATE_VM:
        return share(request, creation->ioreq_buf, PAGE);
    case ACRN_IOCTL_SET_MEMSEG:
        return map->type == ACRN_MEMMAP_RAM ? share(request, map->vma_base, map->len & -PAGE) : -1;
    case ACRN_IOCTL_VM_INTR_MONITOR:
        return share(request, request->argument, PAGE);
    case ACRN_IOCTL_IOEVENTFD:
    case ACRN_IOCTL_IRQFD:
        memcpy(&fd, bytes, sizeof fd);
        return fcntl(fd, F_GETFD) >= 0 ? fd : -1;
    default:
        return -1;
    }
}

static int ioctl_device(int fd, unsigned int command, uint64_t argument)
{
    uint8_t bytes[MOST_BYTES] __attribute__((aligned(8))) = {0};
    struct request request = {.kind = IOCTL, .command = command, .argument = argument};
    struct reply reply;
    size_t size = command >> 16 & 0x3FFF;
    bool pointer = size > 0 && command != ACRN_IOCTL_SET_IRQLINE && command != ACRN_IOCTL_VM_INTR_MONITOR;
    if (pointer && size <= sizeof bytes && copy(bytes, (const void *)argument, size)) {
        request.flags = READABLE;
        request.bytes = (uint32_t)size;
        size_t out = bytes_out(command, bytes);
        if (out > 0 && writable((void *)argument, out))
            request.flags |= WRITABLE;
    }
    int passed = request.flags || !pointer ? along(&request, bytes) : -1;
    int result = ask(fd, &request, bytes, passed, &reply);
    if (result >= 0 && request.flags & WRITABLE && !copy((void *)argument, reply.data, reply.bytes))
        result = -EFAULT;
    if (result < 0) {
        errno = -result;
        return -1;
    }
    return result;
}

int ioctl(int fd, unsigned long command, ...)
{
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    pthread_mutex_lock(&lock);
    bool device = file_of(fd) != NULL;
    pthread_mutex_unlock(&lock);
    if (device)
        return ioctl_device(fd, (unsigned int)command, (uint64_t)argument);
    return (int)syscall(SYS_ioctl, fd, command, argument);
}

/* ---- close ------------------------------------------------------------------------------------------------------ */

/* The VM is gone when close returns, as with the driver. */
int close(int fd)
{
    struct request request = {.kind = CLOSE};
    struct reply reply;
    pthread_mutex_lock(&lock);
    bool device = file_of(fd) != NULL;
    pthread_mutex_unlock(&lock);
    if (device) {
        ask(fd, &request, NULL, -1, &reply);
        pthread_mutex_lock(&lock);
        struct file *file = file_of(fd);
        while (file && file->idle_count > 0)
            real_close(file->idle[--file->idle_count]);
        if (file)
            file->fd = -1;
        pthread_mutex_unlock(&lock);
    }
    return real_close(fd);
}
