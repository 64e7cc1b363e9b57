/*
 * ACRN's interface as a Service VM sees it: CPUID leaves, hypercalls and the structures they take (hsm.md 3, 7.2). The
 * layouts are those of <linux/acrn.h>, where that has them.
 */
#ifndef ACRN_H
#define ACRN_H

#include "../runtime/runtime.h"

#define SIGNATURE 0x4E524341u /* "ACRN" */
#define LEAF_FEATURES 0x40000001u
#define LEAF_TIMING 0x40000010u
#define PRIVILEGED_VM 1u

#define EPERM 1
#define ENODEV 19
#define EINVAL 22
#define ENOTTY 25

#define GET_API_VERSION 0x80000000u
#define CREATE_VM 0x80000010u
#define DESTROY_VM 0x80000011u
#define START_VM 0x80000012u
#define PAUSE_VM 0x80000013u
#define RESET_VM 0x80000015u
#define SET_VCPU_REGS 0x80000016u
#define INJECT_MSI 0x80000023u
#define SET_IRQLINE 0x80000025u
#define SET_IOREQ_BUFFER 0x80000030u
#define NOTIFY_REQUEST_FINISH 0x80000031u
#define SET_MEMORY_REGIONS 0x80000042u

#define FLAG_POLLING 4ul
#define INVALID_VMID 0xFFFF

struct vm_creation {
    u16 vmid, reserved0, vcpu_num, reserved1;
    u8 name[16];
    u64 vm_flag, ioreq_buf, cpu_affinity;
};

struct descriptor_pointer {
    u16 limit;
    u64 base;
    u16 reserved[3];
} __attribute__((packed));

struct vcpu_regs {
    u16 vcpu_id, reserved[3];
    u64 gprs[16];
    struct descriptor_pointer gdt, idt;
    u64 rip, cs_base, cr0, cr4, cr3, efer, rflags, reserved_64[4];
    u32 cs_ar, cs_limit, reserved_32[3];
    u16 cs_sel, ss_sel, ds_sel, es_sel, fs_sel, gs_sel, ldt_sel, tr_sel;
};

struct memory_region {
    u32 type, prot;
    u64 gpa, service_gpa, size;
};
#define REGION_ADD 0u
#define REGION_DELETE 2u
#define PROT_ALL 7u
#define PROT_WB 0x40u

struct memory_batch {
    u16 vmid, pad[3];
    u32 count;
    u64 array;
};

struct msi_entry {
    u64 address, data;
};

/* One slot of the I/O request page. */
struct io_request {
    u32 type, completion_polling, reserved[14];
    u32 direction, reserved2;
    u64 address, size, value;
    u8 rest[32];
    u32 reserved3, kernel_handled;
    volatile u32 state;
    u8 pad[256 - 140];
};
#define TYPE_PORT 0u
#define READ 0u
#define PENDING 0u
#define COMPLETE 1u
#define PROCESSING 2u
#define FREE 3u

_Static_assert(sizeof(struct vm_creation) == 48, "vm_creation");
_Static_assert(sizeof(struct vcpu_regs) == 296, "vcpu_regs");
_Static_assert(sizeof(struct memory_region) == 32, "memory_region");
_Static_assert(sizeof(struct memory_batch) == 24, "memory_batch");
_Static_assert(sizeof(struct io_request) == 256, "io_request");

static inline s64 hypercall(u32 id, u64 first, u64 second) {
    register u64 r8 __asm__("r8") = id;
    s64 result;
    __asm__ volatile("vmcall" : "=a"(result) : "r"(r8), "D"(first), "S"(second) : "memory", "cc");
    return result;
}

static inline void cpuid(u32 leaf, u32 out[4]) {
    __asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

#endif
