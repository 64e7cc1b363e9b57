/*
 * A small device model over /dev/acrn_hsm: a VM whose memory is malloc'ed, static and mapped, one vCPU in real mode,
 * and a loop that answers its requests. It knows nothing of Cupule: it is written against <linux/acrn.h> alone.
 *
 *   hsm-demo            runs the guest twice, with a reset between, and tells what it has seen
 *   hsm-demo STAGE      stops at created, memory, attached or request, says so, and waits to be killed
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/acrn.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define LOW_BYTES 0x10000 /* at 0: code */
#define TEXT_GPA 0x10000  /* static: what the guest writes to its serial port */
#define COPY_GPA 0x20000  /* mapped: where the guest copies it */
#define CODE_GPA 0x1000
#define DEVICE_GPA 0xD0000 /* nothing is mapped here */
#define SERIAL 0x3F8
#define KEYBOARD 0x60
#define EXIT 0xF4
#define DOORBELL 0x510

/* Real mode, loaded at 0x1000: copies the text to ES:DI and to the serial port; then a port and a memory read. */
__asm__(".pushsection .rodata\n"
        ".code16\n"
        "guest_code:\n"
        "    mov $0x1000, %ax\n"
        "    mov %ax, %ds\n"
        "    mov $0x2000, %ax\n"
        "    mov %ax, %es\n"
        "    mov $0xD000, %ax\n"
        "    mov %ax, %fs\n"
        "    xor %si, %si\n"
        "    xor %di, %di\n"
        "    cld\n"
        "    mov $0x3F8, %dx\n"
        "1:  lodsb\n"
        "    stosb\n"
        "    test %al, %al\n"
        "    jz 2f\n"
        "    outb %al, %dx\n"
        "    jmp 1b\n"
        "2:  inb $0x60, %al\n"
        "    stosb\n"
        "    mov %fs:0x10, %ax\n"
        "    stosw\n"
        "    mov %ax, %fs:0x20\n"
        "    mov $0x510, %dx\n"
        "guest_bell:\n"
        "    mov $9, %al\n"
        "    outb %al, %dx\n"
        "    outb %al, %dx\n"
        "    inc %al\n"
        "    outb %al, %dx\n"
        "    outb %al, $0xF4\n"
        "3:  hlt\n"
        "    jmp 3b\n"
        "guest_code_end:\n"
        ".code64\n"
        ".popsection\n");
extern const uint8_t guest_code[], guest_bell[], guest_code_end[];

static struct acrn_io_request_buffer requests __attribute__((aligned(4096)));
static char text[4096] __attribute__((aligned(4096))) = "malloc, static and mmap";
static uint8_t *low, *copied;
static int hsm, doorbell, line;
static const char *stop_at = "";
static char serial[128];
static size_t serial_bytes;
static unsigned written_word;

static void fail(const char *what)
{
    fprintf(stderr, "hsm-demo: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void check(int result, const char *what)
{
    if (result < 0)
        fail(what);
}

static void require(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "hsm-demo: not so: %s\n", what);
        exit(1);
    }
}

static void stage(const char *name)
{
    if (strcmp(stop_at, name) == 0) {
        printf("at %s\n", name);
        fflush(stdout);
        for (;;)
            pause();
    }
}

static void map(uint64_t gpa, void *at, uint64_t bytes)
{
    struct acrn_vm_memmap segment = {.type = ACRN_MEMMAP_RAM, .attr = ACRN_MEM_ACCESS_RWX, .user_vm_pa = gpa,
                                     .vma_base = (uint64_t)at, .len = bytes};
    check(ioctl(hsm, ACRN_IOCTL_SET_MEMSEG, &segment), "SET_MEMSEG");
}

static void set_registers(void)
{
    struct acrn_vcpu_regs registers = {0};
    registers.vcpu_regs.cr0 = 0x30;
    registers.vcpu_regs.rip = CODE_GPA;
    registers.vcpu_regs.cs_ar = 0x9B;
    registers.vcpu_regs.cs_limit = 0xFFFF;
    registers.vcpu_regs.gdt.limit = 0xFFFF;
    registers.vcpu_regs.idt.limit = 0xFFFF;
    check(ioctl(hsm, ACRN_IOCTL_SET_VCPU_REGS, &registers), "SET_VCPU_REGS");
}

static void create(void)
{
    struct acrn_vm_creation creation = {.ioreq_buf = (uint64_t)&requests, .cpu_affinity = 1};
    memcpy(&creation.uuid, "hsm-demo", 8);
    errno = 0;
    require(ioctl(hsm, ACRN_IOCTL_START_VM) == -1 && errno == EINVAL, "no VM: EINVAL");
    require(ioctl(hsm, ACRN_IOCTL_CREATE_VM, (void *)16) == -1 && errno == EFAULT, "a bad address: EFAULT");
    check(ioctl(hsm, ACRN_IOCTL_CREATE_VM, &creation), "CREATE_VM");
    require(creation.vcpu_num == 1 && creation.vmid != 0xFFFF, "one vCPU and an id");
    require(ioctl(hsm, ACRN_IOCTL_CREATE_VM, &creation) == -1 && errno == EINVAL, "a second VM: EINVAL");
    require(ioctl(hsm, 0xA2FF) == -1 && errno == ENOTTY, "an unknown command: ENOTTY");
    stage("created");
}

static void set_memory(void)
{
    struct acrn_vm_memmap bad = {.type = ACRN_MEMMAP_RAM, .attr = 7, .vma_base = 0x1000, .len = 4096};
    low = aligned_alloc(4096, LOW_BYTES);
    copied = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!low || copied == MAP_FAILED)
        fail("memory");
    memset(low, 0xF4, LOW_BYTES);
    map(0, low, LOW_BYTES);
    map(TEXT_GPA, text, 4096);
    map(COPY_GPA, copied, 4096);
    require(ioctl(hsm, ACRN_IOCTL_SET_MEMSEG, &bad) == -1 && errno == EFAULT, "memory that is not there: EFAULT");
    require(strcmp(text, "malloc, static and mmap") == 0 && low[0] == 0xF4, "contents stay");
    stage("memory");
}

static void on_alarm(int number) { (void)number; }

/* Writes of 7 to the doorbell ring it; the line is rung from here. */
static void set_eventfds(void)
{
    struct acrn_ioeventfd bell = {.flags = ACRN_IOEVENTFD_FLAG_PIO | ACRN_IOEVENTFD_FLAG_DATAMATCH, .addr = DOORBELL,
                                  .len = 1, .data = 7};
    struct acrn_irqfd interrupt = {.msi = {.msi_addr = 0xFEE00000, .msi_data = 0x41}};
    doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    line = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bell.fd = (uint32_t)doorbell;
    interrupt.fd = line;
    check(ioctl(hsm, ACRN_IOCTL_IOEVENTFD, &bell), "IOEVENTFD");
    require(ioctl(hsm, ACRN_IOCTL_IOEVENTFD, &bell) == -1 && errno == EEXIST, "the same doorbell: EEXIST");
    check(ioctl(hsm, ACRN_IOCTL_IRQFD, &interrupt), "IRQFD");
    require(ioctl(hsm, ACRN_IOCTL_IRQFD, &interrupt) == -1 && errno == EBUSY, "the same irqfd: EBUSY");
    interrupt.fd = 1;
    require(ioctl(hsm, ACRN_IOCTL_IRQFD, &interrupt) == -1 && errno == EINVAL, "not an eventfd: EINVAL");
    interrupt.fd = 999;
    require(ioctl(hsm, ACRN_IOCTL_IRQFD, &interrupt) == -1 && errno == EBADF, "not open: EBADF");
}

static void unset_eventfds(void)
{
    struct acrn_ioeventfd bell = {.flags = ACRN_IOEVENTFD_FLAG_DEASSIGN, .fd = (uint32_t)doorbell};
    struct acrn_irqfd interrupt = {.flags = ACRN_IRQFD_FLAG_DEASSIGN, .fd = line};
    uint64_t count = 1;
    require(write(line, &count, sizeof count) == sizeof count, "the line is rung");
    check(ioctl(hsm, ACRN_IOCTL_IRQFD, &interrupt), "IRQFD deassign");
    require(read(line, &count, sizeof count) == -1 && errno == EAGAIN, "deassign zeroes the count");
    check(ioctl(hsm, ACRN_IOCTL_IOEVENTFD, &bell), "IOEVENTFD deassign");
    close(line);
    close(doorbell);
}

/* ATTACH returns 0 on a signal, even on one whose handler lets system calls go on. */
static void attach_and_signal(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval soon = {.it_interval = {0, 50000}, .it_value = {0, 50000}}, never = {0};
    require(ioctl(hsm, ACRN_IOCTL_ATTACH_IOREQ_CLIENT) == -1 && errno == ENODEV, "no client: ENODEV");
    check(ioctl(hsm, ACRN_IOCTL_CREATE_IOREQ_CLIENT), "CREATE_IOREQ_CLIENT");
    require(ioctl(hsm, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == -1 && errno == EEXIST, "a second client: EEXIST");
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    check(ioctl(hsm, ACRN_IOCTL_ATTACH_IOREQ_CLIENT), "ATTACH_IOREQ_CLIENT until a signal");
    setitimer(ITIMER_REAL, &never, NULL);
    stage("attached");
}

static int port(struct acrn_pio_request *access)
{
    int write = access->direction == ACRN_IOREQ_DIR_WRITE;
    if (access->address == SERIAL && write && serial_bytes < sizeof serial - 1)
        serial[serial_bytes++] = (char)access->value;
    else if (!write)
        access->value = access->address == KEYBOARD ? 0x2A : 0xFFFFFFFF;
    if (access->address == KEYBOARD)
        low[CODE_GPA + (guest_bell - guest_code) + 1] = 7; /* the guest's next instructions: it rings with 7, not 9 */
    return access->address == EXIT && write;
}

static void memory(struct acrn_mmio_request *access)
{
    if (access->direction == ACRN_IOREQ_DIR_WRITE)
        written_word = access->address == DEVICE_GPA + 0x20 ? (unsigned)access->value : 0xBAD;
    else
        access->value = access->address == DEVICE_GPA + 0x10 && access->size == 2 ? 0x1234 : ~0ULL;
}

static int answer(struct acrn_io_request *request, int vcpu)
{
    struct acrn_ioreq_notify notice = {.vcpu = (uint32_t)vcpu};
    int end = 0;
    if (request->type == ACRN_IOREQ_TYPE_PORTIO)
        end = port(&request->reqs.pio_request);
    else if (request->type == ACRN_IOREQ_TYPE_MMIO)
        memory(&request->reqs.mmio_request);
    stage("request");
    check(ioctl(hsm, ACRN_IOCTL_NOTIFY_REQUEST_FINISH, &notice), "NOTIFY_REQUEST_FINISH");
    return end;
}

static void run(void)
{
    uint64_t rings = 0;
    int end = 0;
    memcpy(low + CODE_GPA, guest_code, (size_t)(guest_code_end - guest_code));
    set_registers();
    check(ioctl(hsm, ACRN_IOCTL_START_VM), "START_VM");
    require(ioctl(hsm, ACRN_IOCTL_START_VM) == -1 && errno == EPERM, "a second start: EPERM");
    while (!end) {
        check(ioctl(hsm, ACRN_IOCTL_ATTACH_IOREQ_CLIENT), "ATTACH_IOREQ_CLIENT");
        for (int vcpu = 0; vcpu < ACRN_IO_REQUEST_MAX; vcpu++) {
            struct acrn_io_request *request = &requests.req_slot[vcpu];
            if (__atomic_load_n(&request->processed, __ATOMIC_ACQUIRE) == ACRN_IOREQ_STATE_PROCESSING
                && !request->kernel_handled)
                end |= answer(request, vcpu);
        }
    }
    serial[serial_bytes] = 0;
    require(read(doorbell, &rings, sizeof rings) == sizeof rings, "the doorbell has rung");
    printf("serial: %s\ncopied: %s\nport: %02x\nmemory: %02x%02x\nwritten: %04x\nrings: %u\n", serial,
           (char *)copied, copied[strlen(text) + 1], copied[strlen(text) + 3], copied[strlen(text) + 2], written_word,
           (unsigned)rings);
    require(ioctl(hsm, ACRN_IOCTL_DESTROY_VM) == -1 && errno == EPERM, "destroying a running VM: EPERM");
    check(ioctl(hsm, ACRN_IOCTL_PAUSE_VM), "PAUSE_VM");
    check(ioctl(hsm, ACRN_IOCTL_CLEAR_VM_IOREQ), "CLEAR_VM_IOREQ");
}

int main(int count, char **words)
{
    if (count > 1)
        stop_at = words[1];
    hsm = open("/dev/acrn_hsm", O_RDWR | O_CLOEXEC);
    check(hsm, "open");
    create();
    set_memory();
    set_eventfds();
    attach_and_signal();
    run();
    check(ioctl(hsm, ACRN_IOCTL_RESET_VM), "RESET_VM");
    serial_bytes = 0;
    memset(copied, 0, 4096);
    strcpy(text, "once more");
    run();
    unset_eventfds();
    check(ioctl(hsm, ACRN_IOCTL_DESTROY_IOREQ_CLIENT), "DESTROY_IOREQ_CLIENT");
    check(ioctl(hsm, ACRN_IOCTL_DESTROY_VM), "DESTROY_VM");
    require(ioctl(hsm, ACRN_IOCTL_START_VM) == -1 && errno == EINVAL, "after the end: EINVAL");
    require(close(hsm) == 0, "close");
    free(low);
    munmap(copied, 4096);
    puts("done");
    return 0;
}
