/*
 * servicevm: a manager of VMs in place of a Linux with its HSM driver. Checks that it is ACRN's Service VM, makes a User
 * VM by hypercalls, gives it memory and an I/O request page, starts it, answers its port accesses from the handler of the
 * upcall interrupt, writes into its running program, and pauses and destroys it; twice, so that what the first one left
 * behind would show.
 *
 *   servicevm vm 1 requests 513 upcalls 513 counted 256
 *
 * Options: rounds (default 2), polling=1 (the hypervisor polls for completion: no notice), signature (another number to
 * look for). Ends with debug exit 0x20 when all was right, 0x21 when not; 19 (ENODEV) where there is no ACRN, 1 (EPERM)
 * where it is not the Service VM, as the driver's load fails.
 */
#include "acrn.h"

#define OK 0x20
#define FAILED 0x21
#define UPCALL_VECTOR 0xF3
#define USER_MEMORY 0x2000000ul /* where the User VM's memory lies in the Service VM's */
#define USER_BYTES 0x100000ul
#define USER_ENTRY 0x1000ul
#define USER_COUNTER 0x2000ul
#define USER_ROUNDS 256u
#define REQUESTS (2 * USER_ROUNDS + 1)
#define CHANGE_AT 0x80
#define FIRST_KEY 0x5A
#define OTHER_KEY 0xA7
#define XOR_AL 0x34

extern const u8 user_program[], user_program_end[];

static struct io_request slots[16] __attribute__((aligned(4096)));
static struct vm_creation creation;
static struct vcpu_regs registers;
static struct memory_region regions[2];
static struct memory_batch batch;
static struct msi_entry msi;
static u64 page_address;

static u32 faults;
static volatile u32 upcalls, requests, verdict;
static u8 last, key;
static u64 vmid;
static int polling;
static void (*volatile handler)(void);

static void expect(const char *what, s64 found, s64 wanted) {
    if (found != wanted) {
        faults++;
        print("servicevm WRONG %s: %lx, expected %lx\n", what, (u64)found, (u64)wanted);
    }
}

/* ---- who is there ---- */

static u32 base_leaf(u32 signature) {
    u32 out[4];
    for (u32 leaf = 0x40000000; leaf < 0x40010000; leaf += 0x100) {
        cpuid(leaf, out);
        if (out[1] == signature && out[2] == signature && out[3] == signature) {
            return leaf;
        }
    }
    return 0;
}

static void check_hypervisor(void) {
    u32 out[4];
    u32 base = base_leaf(option("signature", SIGNATURE));
    if (base == 0) {
        print("servicevm: no ACRN hypervisor\n");
        leave(ENODEV);
    }
    cpuid(base, out);
    expect("last leaf", out[0], LEAF_TIMING);
    cpuid(LEAF_FEATURES, out);
    if ((out[0] & PRIVILEGED_VM) == 0) {
        print("servicevm: not the Service VM\n");
        leave(EPERM);
    }
    cpuid(LEAF_TIMING, out);
    u64 measured = tsc_hertz() / 1000; /* a busy host can only make it too high, by how much nobody knows */
    expect("the leaf tells the time stamp counter's kHz", out[0] > measured / 100 && out[0] < measured / 100 * 102, 1);
    u32 version[2] = {0, 0};
    expect("api version", hypercall(GET_API_VERSION, (u64)version, 0), 0);
    expect("major", version[0] != 0, 1);
    expect("unknown hypercall", hypercall(0x800000FE, 0, 0), -ENOTTY);
    expect("no such VM", hypercall(START_VM, 7, 0), -ENOTTY);
    expect("structure that is not there", hypercall(CREATE_VM, 0x4000000000, 0), -EINVAL);
}

/* ---- requests ---- */

/* The User VM has run this code a hundred times when we write into it: it must not go on with what it has decoded. */
static void change_program(void) {
    u8 *code = (u8 *)(USER_MEMORY + USER_ENTRY);
    while (code[0] != XOR_AL || code[1] != key) {
        code++;
    }
    key = OTHER_KEY;
    code[1] = key;
}

static void serve_slot(struct io_request *slot, u32 vcpu) {
    if (slot->state != PENDING) {
        return;
    }
    slot->state = PROCESSING;
    expect("type", slot->type, TYPE_PORT);
    expect("size", (s64)slot->size, 1);
    if (slot->address == 0x60) {
        last = (u8)slot->value;
        if (last == CHANGE_AT) {
            change_program();
        }
    } else if (slot->address == 0x61 && slot->direction == READ) {
        slot->value = last ^ key;
    } else if (slot->address == 0x62) {
        verdict = (u32)slot->value;
    } else {
        expect("port", (s64)slot->address, 0);
    }
    requests++;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    slot->state = COMPLETE;
    if (!polling) {
        expect("notify", hypercall(NOTIFY_REQUEST_FINISH, vmid, vcpu), 0);
    }
}

static void serve(void) {
    for (u32 vcpu = 0; vcpu < creation.vcpu_num; vcpu++) {
        serve_slot(&slots[vcpu], vcpu);
    }
}

/* A second function, in place of the first; in the middle it takes itself out, as while a client is destroyed. */
static volatile u32 second_served;
static void serve_second(void) {
    if (second_served == 16) {
        handler = 0;
        return;
    }
    second_served++;
    serve();
}

void interrupt(struct frame *frame) {
    if (frame->vector != UPCALL_VECTOR) {
        dump("unexpected interrupt", frame);
        leave(FAILED);
    }
    apic_write(APIC_EOI, 0);
    upcalls++;
    void (*present)(void) = handler;
    if (present) {
        present();
    }
}

static void sleep_until(int (*condition)(void)) {
    interrupts_off();
    while (!condition()) {
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    }
    interrupts_on();
}

static int told(void) { return upcalls != 0; }
static int suspended(void) { return handler == 0; }
static int done(void) { return verdict != 0; }

/* What came while there was no handler is looked for when there is one. */
static void resume(void (*with)(void)) {
    interrupts_off();
    handler = with;
    with();
    interrupts_on();
}

/* ---- one User VM ---- */

static void create(void) {
    memset(&creation, 0, sizeof creation);
    memcpy(creation.name, "user", 4);
    creation.cpu_affinity = 1;
    creation.vm_flag = polling ? FLAG_POLLING : 0;
    expect("create", hypercall(CREATE_VM, (u64)&creation, 0), 0);
    expect("a VM id", creation.vmid == INVALID_VMID, 0);
    expect("vCPUs", creation.vcpu_num, 1);
    vmid = creation.vmid;
}

static void give_memory(void) {
    memset((void *)USER_MEMORY, 0, USER_BYTES);
    memcpy((void *)(USER_MEMORY + USER_ENTRY), user_program, (u64)(user_program_end - user_program));
    regions[0] = (struct memory_region){REGION_ADD, PROT_ALL | PROT_WB, 0, USER_MEMORY, USER_BYTES / 2};
    regions[1] = (struct memory_region){REGION_ADD, PROT_ALL | PROT_WB, USER_BYTES / 2, USER_MEMORY + USER_BYTES / 2,
                                        USER_BYTES / 2};
    batch = (struct memory_batch){(u16)vmid, {0, 0, 0}, 2, (u64)regions};
    expect("memory", hypercall(SET_MEMORY_REGIONS, (u64)&batch, 0), 0);
    regions[0].service_gpa = 0x4000000000;
    batch.count = 1;
    expect("memory that is not there", hypercall(SET_MEMORY_REGIONS, (u64)&batch, 0), -EINVAL);
}

static void give_page(void) {
    expect("start without a page", hypercall(START_VM, vmid, 0), -EPERM);
    page_address = 0x4000000000;
    expect("page that is not there", hypercall(SET_IOREQ_BUFFER, vmid, (u64)&page_address), -EPERM);
    page_address = (u64)slots;
    expect("page", hypercall(SET_IOREQ_BUFFER, vmid, (u64)&page_address), 0);
    expect("the slots are free", slots[0].state, FREE);
}

static void set_registers(void) {
    memset(&registers, 0, sizeof registers);
    registers.cr0 = 0x30;
    registers.cs_sel = USER_ENTRY >> 4;
    registers.cs_base = USER_ENTRY;
    registers.cs_limit = 0xFFFF;
    registers.cs_ar = 0x9B;
    registers.gdt.limit = registers.idt.limit = 0xFFFF;
    expect("registers", hypercall(SET_VCPU_REGS, vmid, (u64)&registers), 0);
}

static void run(void) {
    handler = 0;
    key = FIRST_KEY;
    upcalls = requests = verdict = second_served = 0;
    expect("start", hypercall(START_VM, vmid, 0), 0);
    sleep_until(told); /* nobody is registered: the request stays where it is */
    expect("state without a handler", slots[0].state, PENDING);
    expect("requests without a handler", requests, 0);
    resume(serve);
    handler = serve_second; /* the second one counts */
    sleep_until(suspended);
    expect("state while suspended", slots[0].state, PENDING);
    second_served = 17;
    resume(serve_second);
    sleep_until(done);
    handler = 0;
}

static void interrupts_from_outside(void) {
    msi = (struct msi_entry){0xFEE00000, 0x40};
    expect("message", hypercall(INJECT_MSI, vmid, (u64)&msi), 0);
    msi.address = 0x1000;
    expect("message to nowhere", hypercall(INJECT_MSI, vmid, (u64)&msi), -EPERM);
    expect("line", hypercall(SET_IRQLINE, vmid, 2ul << 32 | 5), 0);
    expect("line that is none", hypercall(SET_IRQLINE, vmid, 48), -EPERM);
}

static void end(void) {
    expect("destroy while it runs", hypercall(DESTROY_VM, vmid, 0), -EPERM);
    expect("pause", hypercall(PAUSE_VM, vmid, 0), 0);
    expect("reset", hypercall(RESET_VM, vmid, 0), 0);
    expect("pause again", hypercall(PAUSE_VM, vmid, 0), 0);
    expect("destroy", hypercall(DESTROY_VM, vmid, 0), 0);
    expect("destroy what is gone", hypercall(DESTROY_VM, vmid, 0), -ENOTTY);
}

static void user_vm(void) {
    create();
    give_memory();
    give_page();
    set_registers();
    run();
    interrupts_from_outside();
    end();
    expect("verdict", verdict, 1);
    expect("requests", requests, REQUESTS);
    expect("what the User VM counted in its memory", load32(USER_MEMORY + USER_COUNTER) & 0xFFFF, USER_ROUNDS);
    print("servicevm vm %u requests %u upcalls %u counted %u\n", (u32)vmid, requests, upcalls,
          load32(USER_MEMORY + USER_COUNTER) & 0xFFFF);
}

void guest(u32 cpu) {
    if (cpu != 0) {
        return;
    }
    serial_begin();
    processor_begin(0);
    polling = option("polling", 0) != 0;
    check_hypervisor();
    interrupts_on();
    for (u32 i = 0; i < option("rounds", 2); i++) {
        user_vm();
    }
    leave(faults ? FAILED : OK);
}
