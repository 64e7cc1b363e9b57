/*
 * The smoke test: the life of a VM on Linux's own driver, in C, against <linux/acrn.h> alone. One line an assertion.
 *
 *   smoke              runs the assertions
 *   smoke rate COUNT   serves requests, and tells how many of the last COUNT it served a second: what the Java client is
 *                      compared with
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/acrn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct acrn_io_request_buffer *page;
static int hsm, checks, failures;
static volatile int stopping;

static void check(int holds, const char *claim)
{
    checks++;
    failures += !holds;
    printf("%s %s%s%s\n", holds ? "ok  " : "FAIL", claim, holds ? "" : ": errno ", holds ? "" : strerror(errno));
}

static int answers(int result, int error)
{
    return result == -1 && errno == error;
}

/* Tells the stand-in something. The answer is in its buffer until the next one. */
static const char *stand_in(const char *command)
{
    static char answer[128];
    static int fd = -1;
    ssize_t bytes;
    if (fd < 0)
        fd = open("/dev/cupule_hv", O_RDWR | O_CLOEXEC);
    if (write(fd, command, strlen(command)) < 0)
        return NULL;
    bytes = read(fd, answer, sizeof(answer) - 1);
    answer[bytes > 0 ? bytes : 0] = 0;
    return answer;
}

static int create(struct acrn_vm_creation *creation)
{
    memset(creation, 0, sizeof(*creation));
    memcpy(&creation->uuid, "smoke", 5);
    creation->ioreq_buf = (uint64_t)page;
    creation->cpu_affinity = 3;
    return ioctl(hsm, ACRN_IOCTL_CREATE_VM, creation);
}

/* The device model: a port answers what its number says. */
static void *serve(void *nothing)
{
    while (!ioctl(hsm, ACRN_IOCTL_ATTACH_IOREQ_CLIENT, 0) && !stopping)
        for (unsigned vcpu = 0; vcpu < ACRN_IO_REQUEST_MAX; vcpu++) {
            struct acrn_io_request *slot = &page->req_slot[vcpu];
            struct acrn_ioreq_notify notice = {.vcpu = vcpu};
            if (__atomic_load_n(&slot->processed, __ATOMIC_ACQUIRE) != ACRN_IOREQ_STATE_PROCESSING || slot->kernel_handled)
                continue;
            if (slot->reqs.pio_request.direction == ACRN_IOREQ_DIR_READ)
                slot->reqs.pio_request.value = slot->reqs.pio_request.address + 1;
            ioctl(hsm, ACRN_IOCTL_NOTIFY_REQUEST_FINISH, &notice);
        }
    return nothing;
}

static int start(struct acrn_vm_creation *creation)
{
    hsm = open("/dev/acrn_hsm", O_RDWR | O_CLOEXEC);
    return hsm < 0 || create(creation) || ioctl(hsm, ACRN_IOCTL_CREATE_IOREQ_CLIENT, 0) || ioctl(hsm, ACRN_IOCTL_START_VM, 0);
}

static void stop(pthread_t server)
{
    stopping = 1;
    ioctl(hsm, ACRN_IOCTL_PAUSE_VM, 0);
    /* A signal that comes just before the thread goes in is not heard there. */
    do {
        pthread_kill(server, SIGUSR1);
        usleep(1000);
    } while (pthread_tryjoin_np(server, NULL) == EBUSY);
}

static void nothing(int signal)
{
    (void)signal;
}

static void life(void)
{
    struct acrn_vm_creation creation;
    struct acrn_vm_memmap ram = {.type = ACRN_MEMMAP_RAM, .attr = ACRN_MEM_ACCESS_RWX, .len = 0x4000};
    struct acrn_vm_memmap odd = {.type = 2};
    struct acrn_msi_entry message = {.msi_addr = 0xFEE00000, .msi_data = 0x31};
    const char *answer;
    char command[80];
    pthread_t server;

    hsm = open("/dev/acrn_hsm", O_RDWR | O_CLOEXEC);
    check(hsm >= 0, "the driver is there");
    check(answers(ioctl(hsm, ACRN_IOCTL_START_VM, 0), EINVAL), "no VM: EINVAL");
    check(answers(ioctl(hsm, 0xA2FF, 0), EINVAL), "no VM, and no such command: EINVAL");
    check(answers(ioctl(hsm, ACRN_IOCTL_CREATE_VM, 16), EFAULT), "a bad address: EFAULT");
    check(!create(&creation), "CREATE_VM");
    check(creation.vmid != 0xFFFF && creation.vcpu_num == 2, "it has an id, and as many vCPUs as the affinity");
    check(page->req_slot[15].processed == ACRN_IOREQ_STATE_FREE, "all slots are free");
    check(answers(ioctl(hsm, 0xA2FF, 0), ENOTTY), "no such command: ENOTTY");

    ram.vma_base = (uint64_t)mmap(NULL, 0x4000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    check(!ioctl(hsm, ACRN_IOCTL_SET_MEMSEG, &ram), "RAM");
    check(answers(ioctl(hsm, ACRN_IOCTL_UNSET_MEMSEG, &ram), EINVAL), "which cannot be taken away");
    check(answers(ioctl(hsm, ACRN_IOCTL_SET_MEMSEG, &odd), EINVAL), "a type that is none");
    check(answers(ioctl(hsm, ACRN_IOCTL_ATTACH_IOREQ_CLIENT, 0), ENODEV), "ATTACH without a client");
    check(!ioctl(hsm, ACRN_IOCTL_CREATE_IOREQ_CLIENT, 0), "a client");
    check(answers(ioctl(hsm, ACRN_IOCTL_CREATE_IOREQ_CLIENT, 0), EEXIST), "a second one");
    check(!ioctl(hsm, ACRN_IOCTL_INJECT_MSI, &message), "a message");
    message.msi_addr = 0xFED00000;
    check(answers(ioctl(hsm, ACRN_IOCTL_INJECT_MSI, &message), EPERM), "a message that is none: the hypervisor's -1");
    check(answers(ioctl(hsm, ACRN_IOCTL_SET_IRQLINE, 48), EPERM), "a line that is none");
    check(!ioctl(hsm, ACRN_IOCTL_START_VM, 0), "START_VM");
    check(answers(ioctl(hsm, ACRN_IOCTL_START_VM, 0), EPERM), "twice");

    pthread_create(&server, NULL, serve, NULL);
    snprintf(command, sizeof(command), "access %u 1 0 0 0x60 1 0 100", creation.vmid);
    answer = stand_in(command);
    check(answer && strncmp(answer, "0x61 ", 5) == 0, "a hundred reads of a port are answered by the client");
    check(answers(ioctl(hsm, ACRN_IOCTL_DESTROY_VM, 0), EPERM), "a running VM is not destroyed");
    stop(server);
    check(!ioctl(hsm, ACRN_IOCTL_DESTROY_IOREQ_CLIENT, 0), "the client goes");
    check(!ioctl(hsm, ACRN_IOCTL_DESTROY_VM, 0), "DESTROY_VM");
    check(answers(ioctl(hsm, ACRN_IOCTL_PAUSE_VM, 0), EINVAL), "there is no VM any more");
    check(!close(hsm), "close");
    answer = stand_in("counts");
    check(answer && strncmp(answer, "1 1 0 ", 6) == 0, "the hypervisor has seen one creation and one destruction");
}

static int rate(unsigned count)
{
    struct acrn_vm_creation creation;
    unsigned long long value, nanos;
    const char *answer;
    char command[80];
    pthread_t server;
    if (start(&creation))
        return 1;
    pthread_create(&server, NULL, serve, NULL);
    snprintf(command, sizeof(command), "access %u 0 0 0 0x60 1 0 %u", creation.vmid, count / 5);
    stand_in(command); /* not counted */
    snprintf(command, sizeof(command), "access %u 0 0 0 0x60 1 0 %u", creation.vmid, count);
    answer = stand_in(command);
    if (!answer || sscanf(answer, "%llx %llu", &value, &nanos) != 2)
        return 1;
    printf("%.0f\n", count * 1e9 / nanos);
    stop(server);
    ioctl(hsm, ACRN_IOCTL_DESTROY_IOREQ_CLIENT, 0);
    return ioctl(hsm, ACRN_IOCTL_DESTROY_VM, 0);
}

int main(int count, char **arguments)
{
    struct sigaction action = {.sa_handler = nothing};
    sigaction(SIGUSR1, &action, NULL);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (count == 3)
        return rate(atoi(arguments[2]));
    stand_in("reset");
    life();
    printf("smoke: %d passed, %d failed\n", checks - failures, failures);
    return failures > 0;
}
