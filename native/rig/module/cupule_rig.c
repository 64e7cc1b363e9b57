// SPDX-License-Identifier: GPL-2.0
/*
 * A stand-in for the ACRN hypervisor, below Linux's own driver of it, where there is no ACRN: QEMU's TCG has no VMX, so the
 * driver's VMCALL is an invalid opcode. That exception is caught here and answered as ACRN would. CPUID in the driver is made
 * an invalid opcode when it is loaded, and answered likewise. There are no guests: who writes to /dev/cupule_hv is the vCPU.
 *
 *   program --ioctl--> acrn.ko --VMCALL = #UD--> on_trap --> hypercall() --> VM table, slots
 *   test ----write---> /dev/cupule_hv: "access 1 0 ..." --> slot PENDING --> vector 0xF3 --> acrn.ko
 *   test <---read----- /dev/cupule_log: each hypercall with its argument's bytes
 *
 * Commands (numbers in C's notation):
 *   post VM VCPU TYPE DIRECTION ADDRESS SIZE VALUE            a vCPU's access: EBUSY if its slot is not FREE
 *   write VM VCPU TYPE DIRECTION ADDRESS SIZE VALUE           the same without vector 0xF3
 *   take VM VCPU                                              waits until it is answered; the answer is "value nanoseconds"
 *   access VM VCPU TYPE DIRECTION ADDRESS SIZE VALUE COUNT    both, COUNT times
 *   upcall                                                    vector 0xF3, for nothing
 *   lazy 1                                                    from now on an answer stays in its slot until 'take'
 *   fail CALL RESULT COUNT                                    the next COUNT hypercalls 0x800000CALL give RESULT and do nothing
 *   vmid NUMBER                                               the next creation succeeds with this id and without a VM
 *   vcpus NUMBER                                              VMs are made with so many vCPUs, whatever is wanted; 0 ends that
 *   state VM                                                  the answer is "state vcpus memory-regions", 0 for no VM
 *   counts                                                    the answer is "created destroyed living hypercalls"
 *   mark                                                      the answer is the end of the log, a position to read it from
 *   reset                                                     forgets all VMs, failures and counts
 */
#include <linux/acrn.h>
#include <linux/kdebug.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <asm/apic.h>
#include <asm/irq_vectors.h>
#include <asm/processor.h>
#include <asm/traps.h>

#define VMS 64
#define VCPUS 16
#define CPUS 0xFFFFUL /* which a VM may have */
#define GSIS 48
#define CALLS 256
#define LOG_BYTES (1u << 20)
#define TAKE_SECONDS 20

static bool privileged = true;
module_param(privileged, bool, 0644);
MODULE_PARM_DESC(privileged, "what bit 0 of CPUID leaf 0x40000001 says");

enum vm_state { NONE, CREATED, RUNNING, PAUSED };

struct region {
    struct region *next;
    u64 gpa, bytes;
};

struct vcpu {
    bool waiting; /* its request has not been answered */
    bool told;    /* its request is COMPLETE, and it has not looked yet */
    u64 value;
};

struct vm {
    enum vm_state state;
    u64 flags;
    u32 vcpus, regions;
    struct acrn_io_request_buffer *page;
    struct region *memory;
    struct vcpu vcpu[VCPUS];
};

static DEFINE_RAW_SPINLOCK(lock); /* of everything below; hypercalls come with interrupts off, too */
static struct vm vms[VMS + 1]; /* the index is the id; 0 is the Service VM */
static struct { int result, count; } failing[CALLS];
static int forced_vmid = -1;
static u32 forced_vcpus;
static bool lazy;
static u64 created, destroyed, calls;
static char log_ring[LOG_BYTES];
static u64 log_end;
static u32 high_lines[VMS + 1][2];
static DECLARE_WAIT_QUEUE_HEAD(answered);

/* ------------------------------------------------------------------------------------------------- the log */

static void log_text(const char *text, int bytes)
{
    for (int i = 0; i < bytes; i++)
        log_ring[log_end++ % LOG_BYTES] = text[i];
}

static void log_bytes(const void *from, size_t bytes)
{
    char hex[3];
    for (size_t i = 0; i < bytes; i++)
        log_text(hex, scnprintf(hex, sizeof(hex), "%02x", ((const u8 *)from)[i]));
}

/* ------------------------------------------------------------------------------------------------- hypercalls */

/* The memory that a hypercall's argument is in: the Service VM's physical addresses are the machine's. */
static void *at(u64 gpa)
{
    return gpa && pfn_valid(PHYS_PFN(gpa)) ? phys_to_virt(gpa) : NULL;
}

static size_t argument_bytes(u8 call)
{
    switch (call) {
    case 0x10: return sizeof(struct acrn_vm_creation);
    case 0x16: return sizeof(struct acrn_vcpu_regs);
    case 0x23: return sizeof(struct acrn_msi_entry);
    case 0x24: return 392;
    case 0x30: return sizeof(u64);
    case 0x42: return 24;
    case 0x53: case 0x54: return sizeof(struct acrn_ptdev_irq);
    case 0x55: case 0x56: return sizeof(struct acrn_pcidev);
    case 0x57: case 0x58: return sizeof(struct acrn_mmiodev);
    case 0x59: case 0x5A: return sizeof(struct acrn_vdev);
    default: return 0;
    }
}

static long create(struct acrn_vm_creation *wanted)
{
    u64 affinity = wanted->cpu_affinity ?: CPUS;
    int id = 1;
    if (forced_vmid >= 0) {
        wanted->vmid = forced_vmid;
        forced_vmid = -1;
        return 0;
    }
    if (affinity & ~CPUS)
        return -1;
    if ((wanted->vm_flag & 2) && !(wanted->vm_flag & 16)) /* LAPIC passthrough is for real-time VMs */
        return -1;
    while (id <= VMS && vms[id].state)
        id++;
    if (id > VMS)
        return -ENOTTY;
    vms[id] = (struct vm){.state = CREATED, .flags = wanted->vm_flag, .vcpus = forced_vcpus ?: hweight64(affinity)};
    memset(high_lines[id], 0, sizeof(high_lines[id]));
    wanted->vmid = id;
    wanted->vcpu_num = vms[id].vcpus;
    created++;
    return 0;
}

static void forget_memory(struct vm *vm)
{
    while (vm->memory) {
        struct region *gone = vm->memory;
        vm->memory = gone->next;
        kfree(gone);
    }
    vm->regions = 0;
}

static long destroy(struct vm *vm)
{
    if (vm->state != PAUSED)
        return -1;
    forget_memory(vm);
    vm->state = NONE;
    vm->page = NULL;
    destroyed++;
    wake_up_all(&answered);
    return 0;
}

static long start(struct vm *vm)
{
    if (vm->state != CREATED || !vm->page)
        return -1;
    vm->state = RUNNING;
    return 0;
}

static long pause_vm(struct vm *vm)
{
    vm->state = PAUSED;
    return 0;
}

static void free_slots(struct vm *vm)
{
    for (int vcpu = 0; vm->page && vcpu < VCPUS; vcpu++) {
        vm->vcpu[vcpu].waiting = vm->vcpu[vcpu].told = false;
        smp_store_release(&vm->page->req_slot[vcpu].processed, ACRN_IOREQ_STATE_FREE);
    }
    wake_up_all(&answered);
}

static long reset_vm(struct vm *vm)
{
    if (vm->state != PAUSED)
        return -1;
    free_slots(vm);
    vm->state = CREATED;
    return 0;
}

static long set_registers(struct vm *vm, struct acrn_vcpu_regs *wanted)
{
    bool bad_control = wanted->vcpu_regs.cr0 >> 32 || wanted->vcpu_regs.cr4 >> 32;
    return vm->state == RUNNING || wanted->vcpu_id >= vm->vcpus || bad_control ? -1 : 0;
}

static long set_page(struct vm *vm, u64 *gpa)
{
    if (vm->state != CREATED)
        return -1;
    vm->page = at(*gpa & PAGE_MASK);
    if (!vm->page)
        return -1;
    free_slots(vm);
    return 0;
}

/* Without 'lazy' the vCPU takes its answer as soon as it is told of it: there is nobody else who would. */
static bool take_answer(struct vm *vm, u32 vcpu)
{
    struct acrn_io_request *slot = &vm->page->req_slot[vcpu];
    if (smp_load_acquire(&slot->processed) != ACRN_IOREQ_STATE_COMPLETE)
        return false;
    vm->vcpu[vcpu].value = slot->type == ACRN_IOREQ_TYPE_MMIO ? slot->reqs.mmio_request.value : slot->reqs.pio_request.value;
    vm->vcpu[vcpu].waiting = vm->vcpu[vcpu].told = false;
    smp_store_release(&slot->processed, ACRN_IOREQ_STATE_FREE);
    return true;
}

static long notify(struct vm *vm, u64 vcpu)
{
    if (!vm->page || vcpu >= vm->vcpus || vcpu >= VCPUS)
        return -1;
    vm->vcpu[vcpu].told = true;
    if (lazy || take_answer(vm, vcpu))
        wake_up_all(&answered);
    return 0;
}

static bool is_mapped(struct vm *vm, u64 first, u64 end)
{
    struct region *region = vm->memory;
    while (first < end && region)
        if (first >= region->gpa && first < region->gpa + region->bytes) {
            first = region->gpa + region->bytes;
            region = vm->memory;
        } else {
            region = region->next;
        }
    return first >= end;
}

static long add_region(struct vm *vm, u64 gpa, u64 bytes)
{
    struct region *region = kmalloc(sizeof(*region), GFP_ATOMIC);
    if (!region)
        return -ENOMEM;
    *region = (struct region){.next = vm->memory, .gpa = gpa, .bytes = bytes};
    vm->memory = region;
    vm->regions++;
    return 0;
}

/* Takes all regions out, and puts those parts back that are not in the range. */
static long delete_region(struct vm *vm, u64 gpa, u64 bytes)
{
    struct region *all = vm->memory;
    u64 end = gpa + bytes;
    long result = 0;
    if (!is_mapped(vm, gpa, end))
        return -EINVAL;
    vm->memory = NULL;
    vm->regions = 0;
    while (all) {
        struct region *region = all;
        u64 region_end = region->gpa + region->bytes;
        all = region->next;
        if (region->gpa < gpa)
            result = add_region(vm, region->gpa, min(region_end, gpa) - region->gpa) ?: result;
        if (region_end > end)
            result = add_region(vm, max(region->gpa, end), region_end - max(region->gpa, end)) ?: result;
        kfree(region);
    }
    return result;
}

struct batch {
    u16 vmid, pad[3];
    u32 count, pad2;
    u64 regions;
};

struct batch_region {
    u32 type, attributes;
    u64 gpa, hpa, bytes;
};

static long set_memory(struct batch *batch)
{
    struct batch_region *region = at(batch->regions);
    struct vm *vm = &vms[batch->vmid];
    if (batch->vmid > VMS || !vm->state || !region || !batch->count)
        return -1;
    for (u32 i = 0; i < batch->count; i++, region++) {
        long result = -EINVAL;
        log_text(" ", 1);
        log_bytes(region, sizeof(*region));
        if (!(region->bytes & ~PAGE_MASK))
            result = region->type ? delete_region(vm, region->gpa, region->bytes) : add_region(vm, region->gpa, region->bytes);
        if (result)
            return result;
    }
    return 0;
}

static long set_line(u32 id, u64 packed)
{
    u32 gsi = packed, operation = packed >> 32;
    if (gsi >= GSIS)
        return -1;
    if (operation == 0)
        high_lines[id][gsi / 32] |= 1u << gsi % 32;
    else if (operation == 1 || operation == 2)
        high_lines[id][gsi / 32] &= ~(1u << gsi % 32);
    return 0;
}

static long monitor(u32 *page)
{
    if (page[0] > 1 || page[1] > 48)
        return -EINVAL;
    if (page[0] == 0)
        page[1] = 0; /* nothing of a device was injected */
    return 0;
}

/* What stands for passthrough: a host without devices, and no virtual ones but ACRN's three. */
static long assign(struct vm *vm, u8 call, void *argument)
{
    static const u32 virtual_devices[] = {0x11101AF4, 0x99009710, 0x9D148086};
    struct acrn_mmiodev *mmio = argument;
    bool takes = call == 0x53 || call == 0x55 || call == 0x57 || call == 0x59;
    if (call == 0x53 || call == 0x54)
        return -1;
    if (vm->state == RUNNING || (takes && vm->state != CREATED))
        return -EINVAL;
    if (call == 0x55 || call == 0x56)
        return -ENODEV;
    if (call == 0x59 || call == 0x5A) {
        for (int i = 0; i < ARRAY_SIZE(virtual_devices); i++)
            if (virtual_devices[i] == *(u32 *)argument)
                return 0;
        return -EINVAL;
    }
    for (int i = 0; i < ARRAY_SIZE(mmio->res); i++)
        if ((mmio->res[i].user_vm_pa | mmio->res[i].service_vm_pa | mmio->res[i].size) & ~PAGE_MASK)
            return -EINVAL;
    return 0;
}

/* The two idle states of each processor: mwait, and a port. */
static const struct acrn_cstate_data idle_states[] = {
    {.cx_reg = {.space_id = 0x7F, .bit_width = 1, .bit_offset = 2, .access_size = 1, .address = 0},
     .type = 1, .latency = 1, .power = 1000},
    {.cx_reg = {.space_id = 0x7F, .bit_width = 1, .bit_offset = 2, .access_size = 1, .address = 0x10},
     .type = 2, .latency = 64, .power = 500},
};

static long power(u64 command, void *result)
{
    u32 id = command >> 24 & 0xFF, number = command >> 8 & 0xFF, type = command & 0xFF;
    struct vm *vm = id <= VMS ? &vms[id] : NULL;
    if (!vm || (vm->state != CREATED && vm->state != PAUSED) || !result)
        return -1;
    if (type == 2) {
        *(u8 *)result = ARRAY_SIZE(idle_states);
        return 0;
    }
    if (type != 3 || number < 1 || number > ARRAY_SIZE(idle_states))
        return -1;
    memcpy(result, &idle_states[number - 1], sizeof(idle_states[0]));
    return 0;
}

static long act(u8 call, u64 first, u64 second, void *argument)
{
    struct vm *vm = first <= VMS ? &vms[first] : NULL;
    switch (call) {
    case 0x01: return first == 0 ? -1 : 0;
    case 0x10: return argument ? create(argument) : -EINVAL;
    case 0x42: return argument ? set_memory(argument) : -EINVAL;
    case 0x80: return power(first, at(second));
    }
    if (!vm || !vm->state)
        return -ENOTTY;
    if (argument_bytes(call) && !argument)
        return -EINVAL;
    switch (call) {
    case 0x11: return destroy(vm);
    case 0x12: return start(vm);
    case 0x13: return pause_vm(vm);
    case 0x15: return reset_vm(vm);
    case 0x16: return set_registers(vm, argument);
    case 0x23: return *(u64 *)argument >> 20 == 0xFEE ? 0 : -1;
    case 0x24: return monitor(argument);
    case 0x25: return set_line(first, second);
    case 0x30: return set_page(vm, argument);
    case 0x31: return notify(vm, second);
    case 0x53 ... 0x5A: return assign(vm, call, argument);
    default: return -ENOTTY;
    }
}

/* ID in R8, arguments in RDI and RSI, the result in RAX, a signed 32-bit number. Logged: "ID first second [argument] = result". */
static long hypercall(u32 id, u64 first, u64 second)
{
    u8 call = id;
    void *argument = argument_bytes(call) ? at(call == 0x10 || call == 0x42 ? first : second) : NULL;
    char text[80];
    long result;
    raw_spin_lock(&lock);
    calls++;
    log_text(text, scnprintf(text, sizeof(text), "%08x %llx %llx ", id, first, second));
    if (argument)
        log_bytes(argument, argument_bytes(call));
    if (failing[call].count > 0) {
        failing[call].count--;
        result = failing[call].result;
    } else {
        result = act(call, first, second, argument);
    }
    log_text(text, scnprintf(text, sizeof(text), " = %ld\n", result));
    raw_spin_unlock(&lock);
    return result;
}

/* ------------------------------------------------------------------------------------------------- traps */

static const u8 VMCALL[] = {0x0F, 0x01, 0xC1}, CPUID[] = {0x0F, 0xA2}, UD2[] = {0x0F, 0x0B};
static unsigned long cpuids[8]; /* where the driver had CPUID */
static int cpuids_found;

static bool was_cpuid(unsigned long ip)
{
    for (int i = 0; i < cpuids_found; i++)
        if (cpuids[i] == ip)
            return true;
    return false;
}

static void emulate_cpuid(struct pt_regs *regs)
{
    u32 leaf = regs->ax, eax, ebx, ecx, edx;
    cpuid_count(leaf, (u32)regs->cx, &eax, &ebx, &ecx, &edx);
    if (leaf == 0x40000001) {
        eax = privileged;
        ebx = ecx = edx = 0;
    }
    regs->ax = eax;
    regs->bx = ebx;
    regs->cx = ecx;
    regs->dx = edx;
    regs->ip += sizeof(CPUID);
}

static int on_trap(struct notifier_block *block, unsigned long event, void *data)
{
    struct pt_regs *regs = ((struct die_args *)data)->regs;
    if (event != DIE_TRAP || ((struct die_args *)data)->trapnr != X86_TRAP_UD || user_mode(regs))
        return NOTIFY_DONE;
    if (was_cpuid(regs->ip)) {
        emulate_cpuid(regs);
        return NOTIFY_STOP;
    }
    if (memcmp((void *)regs->ip, VMCALL, sizeof(VMCALL)))
        return NOTIFY_DONE;
    regs->ax = hypercall(regs->r8, regs->di, regs->si);
    regs->ip += sizeof(VMCALL);
    return NOTIFY_STOP;
}

/* Kernel text is read-only by now: CR0.WP (bit 16) is off for as long as two bytes take. */
static void write_text(u8 *to, const u8 *bytes, size_t count)
{
    unsigned long flags, cr0;
    local_irq_save(flags);
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    asm volatile("mov %0, %%cr0" :: "r"(cr0 & ~(1ul << 16)) : "memory");
    memcpy(to, bytes, count);
    asm volatile("mov %0, %%cr0" :: "r"(cr0) : "memory");
    local_irq_restore(flags);
}

static void trap_cpuids(u8 *text, size_t bytes)
{
    for (size_t i = 0; i + sizeof(CPUID) <= bytes && cpuids_found < ARRAY_SIZE(cpuids); i++)
        if (!memcmp(text + i, CPUID, sizeof(CPUID))) {
            cpuids[cpuids_found++] = (unsigned long)text + i;
            write_text(text + i, UD2, sizeof(UD2));
        }
}

static int on_module(struct notifier_block *block, unsigned long event, void *data)
{
    struct module *module = data;
    if (strcmp(module->name, "acrn"))
        return NOTIFY_DONE;
    cpuids_found = 0;
    if (event == MODULE_STATE_COMING) {
        trap_cpuids(module->init_layout.base, module->init_layout.text_size);
        trap_cpuids(module->core_layout.base, module->core_layout.text_size);
    }
    return NOTIFY_DONE;
}

static struct notifier_block traps = {.notifier_call = on_trap, .priority = INT_MAX};
static struct notifier_block modules = {.notifier_call = on_module};

/* ------------------------------------------------------------------------------------------------- /dev/cupule_hv */

struct access {
    u32 vm, vcpu, type, direction;
    u64 address, size, value;
    u32 count;
};

static void upcall(void)
{
    preempt_disable();
    apic->send_IPI(0, HYPERVISOR_CALLBACK_VECTOR);
    preempt_enable();
}

static struct vm *running(u32 vm, u32 vcpu)
{
    return vm <= VMS && vms[vm].state && vms[vm].page && vcpu < vms[vm].vcpus && vcpu < VCPUS ? &vms[vm] : NULL;
}

static void fill(struct acrn_io_request *slot, struct access *access, bool polling)
{
    memset(slot, 0, offsetof(struct acrn_io_request, processed));
    slot->type = access->type;
    slot->completion_polling = polling;
    slot->reqs.mmio_request.direction = access->direction;
    slot->reqs.mmio_request.address = access->address;
    slot->reqs.mmio_request.size = access->size;
    slot->reqs.mmio_request.value = access->value; /* ports have theirs in the low half */
}

static int write_slot(struct access *access)
{
    unsigned long flags;
    struct vm *vm;
    int result = 0;
    raw_spin_lock_irqsave(&lock, flags);
    vm = running(access->vm, access->vcpu);
    if (!vm)
        result = -ENODEV;
    else if (smp_load_acquire(&vm->page->req_slot[access->vcpu].processed) != ACRN_IOREQ_STATE_FREE)
        result = -EBUSY;
    else {
        struct acrn_io_request *slot = &vm->page->req_slot[access->vcpu];
        vm->vcpu[access->vcpu].waiting = true;
        vm->vcpu[access->vcpu].told = false;
        fill(slot, access, vm->flags & 4);
        smp_store_release(&slot->processed, ACRN_IOREQ_STATE_PENDING);
    }
    raw_spin_unlock_irqrestore(&lock, flags);
    return result;
}

static int post(struct access *access)
{
    int result = write_slot(access);
    if (!result)
        upcall();
    return result;
}

/* @return 1 when the request is answered, 0 while it is not, or an error */
static int is_answered(struct access *access)
{
    unsigned long flags;
    struct vm *vm;
    int result = -ENODEV;
    raw_spin_lock_irqsave(&lock, flags);
    vm = running(access->vm, access->vcpu);
    if (vm) {
        if (vm->vcpu[access->vcpu].waiting && (vm->vcpu[access->vcpu].told || (vm->flags & 4)))
            take_answer(vm, access->vcpu);
        access->value = vm->vcpu[access->vcpu].value;
        result = !vm->vcpu[access->vcpu].waiting;
    }
    raw_spin_unlock_irqrestore(&lock, flags);
    return result;
}

static int take(struct access *access)
{
    int result = 0;
    long rest = TAKE_SECONDS * HZ;
    while (rest > 0 && !result) {
        long step = wait_event_interruptible_timeout(answered, (result = is_answered(access)) != 0, HZ / 100);
        if (step < 0)
            return step;
        rest -= HZ / 100;
    }
    return result < 0 ? result : result ? 0 : -ETIMEDOUT;
}

static int run(struct access *access)
{
    u64 value = access->value;
    int result = 0;
    for (u32 i = 0; i < access->count && !result; i++) {
        access->value = value;
        result = post(access) ?: take(access);
    }
    return result;
}

static void forget_all(void)
{
    for (int i = 1; i <= VMS; i++) {
        forget_memory(&vms[i]);
        vms[i] = (struct vm){};
    }
    memset(failing, 0, sizeof(failing));
    created = destroyed = calls = 0;
    forced_vmid = -1;
    forced_vcpus = 0;
    lazy = false;
}

struct answer {
    char text[128];
    int bytes;
};

static int locked_command(const char *text, struct answer *answer)
{
    int a, b, c;
    if (sscanf(text, "fail %i %i %i", &a, &b, &c) == 3) {
        failing[a & 0xFF].result = b;
        failing[a & 0xFF].count = c;
    } else if (sscanf(text, "vmid %i", &a) == 1) {
        forced_vmid = a;
    } else if (sscanf(text, "vcpus %i", &a) == 1) {
        forced_vcpus = a;
    } else if (sscanf(text, "lazy %i", &a) == 1) {
        lazy = a;
    } else if (sscanf(text, "state %i", &a) == 1 && a >= 0 && a <= VMS) {
        answer->bytes = scnprintf(answer->text, sizeof(answer->text), "%d %u %u", vms[a].state, vms[a].vcpus, vms[a].regions);
    } else if (!strcmp(text, "counts")) {
        answer->bytes = scnprintf(answer->text, sizeof(answer->text), "%llu %llu %llu %llu", created, destroyed,
                                  created - destroyed, calls);
    } else if (!strcmp(text, "mark")) {
        answer->bytes = scnprintf(answer->text, sizeof(answer->text), "%llu", log_end);
    } else if (!strcmp(text, "reset")) {
        forget_all();
    } else {
        return -EINVAL;
    }
    return 0;
}

static int vcpu_command(const char *text, struct access *access)
{
    access->count = 1;
    if (sscanf(text, "take %u %u", &access->vm, &access->vcpu) == 2)
        return take(access);
    if (sscanf(text, "%*s %u %u %u %u %llx %llu %llx %u", &access->vm, &access->vcpu, &access->type, &access->direction,
               &access->address, &access->size, &access->value, &access->count) < 7)
        return -EINVAL;
    return text[0] == 'p' ? post(access) : text[0] == 'w' ? write_slot(access) : run(access);
}

static int command(const char *text, struct answer *answer)
{
    struct access access = {};
    unsigned long flags;
    u64 began = ktime_get_ns();
    int result;
    answer->bytes = 0;
    if (!strcmp(text, "upcall")) {
        upcall();
        return 0;
    }
    if (!strncmp(text, "post ", 5) || !strncmp(text, "write ", 6) || !strncmp(text, "take ", 5) || !strncmp(text, "access ", 7)) {
        result = vcpu_command(text, &access);
        answer->bytes = scnprintf(answer->text, sizeof(answer->text), "0x%llx %llu", access.value, ktime_get_ns() - began);
        return result;
    }
    raw_spin_lock_irqsave(&lock, flags);
    result = locked_command(text, answer);
    raw_spin_unlock_irqrestore(&lock, flags);
    return result;
}

static int hv_open(struct inode *inode, struct file *file)
{
    file->private_data = kzalloc(sizeof(struct answer), GFP_KERNEL);
    return file->private_data ? 0 : -ENOMEM;
}

static int hv_release(struct inode *inode, struct file *file)
{
    kfree(file->private_data);
    return 0;
}

static ssize_t hv_write(struct file *file, const char __user *from, size_t bytes, loff_t *position)
{
    char text[128];
    int result;
    if (bytes >= sizeof(text))
        return -EINVAL;
    if (copy_from_user(text, from, bytes))
        return -EFAULT;
    text[bytes] = 0;
    result = command(strim(text), file->private_data);
    return result ?: bytes;
}

static ssize_t hv_read(struct file *file, char __user *to, size_t bytes, loff_t *position)
{
    struct answer *answer = file->private_data;
    size_t count = min_t(size_t, bytes, answer->bytes);
    if (copy_to_user(to, answer->text, count))
        return -EFAULT;
    answer->bytes = 0;
    return count;
}

static const struct file_operations hv_operations = {
    .owner = THIS_MODULE, .open = hv_open, .release = hv_release, .write = hv_write, .read = hv_read,
};
static struct miscdevice hv = {.minor = MISC_DYNAMIC_MINOR, .name = "cupule_hv", .fops = &hv_operations, .mode = 0666};

/* ------------------------------------------------------------------------------------------------- /dev/cupule_log */

static ssize_t log_read(struct file *file, char __user *to, size_t bytes, loff_t *position)
{
    unsigned long flags;
    size_t count = 0;
    char *copy;
    bytes = min_t(size_t, bytes, PAGE_SIZE);
    copy = kmalloc(PAGE_SIZE, GFP_KERNEL);
    if (!copy)
        return -ENOMEM;
    raw_spin_lock_irqsave(&lock, flags);
    if (log_end > LOG_BYTES && *position < log_end - LOG_BYTES)
        *position = log_end - LOG_BYTES;
    while (count < bytes && *position + count < log_end) {
        copy[count] = log_ring[(*position + count) % LOG_BYTES];
        count++;
    }
    raw_spin_unlock_irqrestore(&lock, flags);
    if (copy_to_user(to, copy, count))
        count = 0;
    *position += count;
    kfree(copy);
    return count;
}

static loff_t log_seek(struct file *file, loff_t offset, int whence)
{
    return whence == SEEK_SET ? (file->f_pos = offset) : -EINVAL;
}

static const struct file_operations log_operations = {.owner = THIS_MODULE, .read = log_read, .llseek = log_seek};
static struct miscdevice log_device = {.minor = MISC_DYNAMIC_MINOR, .name = "cupule_log", .fops = &log_operations, .mode = 0444};

/* ------------------------------------------------------------------------------------------------- coming and going */

static int __init rig_init(void)
{
    int result = misc_register(&hv);
    if (result)
        return result;
    result = misc_register(&log_device);
    if (result) {
        misc_deregister(&hv);
        return result;
    }
    register_die_notifier(&traps);
    register_module_notifier(&modules);
    return 0;
}

static void __exit rig_exit(void)
{
    unregister_module_notifier(&modules);
    unregister_die_notifier(&traps);
    misc_deregister(&log_device);
    misc_deregister(&hv);
    forget_all();
}

module_init(rig_init);
module_exit(rig_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a stand-in for the ACRN hypervisor, for tests");
