package org.cupule.hardware;

/**
 * The registers of a CPU that can be read and written from outside.
 *
 * <p>
 * Segment attributes are in the form of an ACRN {@code cs_ar} and of a VMCS access-rights field:
 *
 * <pre>
 *  16  15  14   13  12  11..8  7   6  5   4   3..0
 * +---+---+-----+---+---+----+---+------+---+------+
 * | U | G | D/B | L |AVL|  0 | P | DPL  | S | type |      U 1 = unusable
 * +---+---+-----+---+---+----+---+------+---+------+
 * </pre>
 *
 * @threading immutable
 */
public enum Register {
    /** General register 0. */
    RAX,
    /** General register 1. */
    RCX,
    /** General register 2. */
    RDX,
    /** General register 3. */
    RBX,
    /** General register 4, the stack pointer. */
    RSP,
    /** General register 5. */
    RBP,
    /** General register 6. */
    RSI,
    /** General register 7. */
    RDI,
    /** General register 8. */
    R8,
    /** General register 9. */
    R9,
    /** General register 10. */
    R10,
    /** General register 11. */
    R11,
    /** General register 12. */
    R12,
    /** General register 13. */
    R13,
    /** General register 14. */
    R14,
    /** General register 15. */
    R15,
    /** Instruction pointer. */
    RIP,
    /** Flags; bit 1 always reads 1. */
    RFLAGS,
    /** Control register 0. */
    CR0,
    /** Page fault address. */
    CR2,
    /** Page table base. */
    CR3,
    /** Control register 4. */
    CR4,
    /** Extended features, MSR 0xC0000080; writing sets all bits, LMA included. */
    EFER,
    /** Code segment selector. */
    CS,
    /** Data segment selector. */
    DS,
    /** Extra segment selector. */
    ES,
    /** FS selector. */
    FS,
    /** GS selector. */
    GS,
    /** Stack segment selector. */
    SS,
    /** Local descriptor table selector. */
    LDTR,
    /** Task register selector. */
    TR,
    /** Hidden base. */
    CS_BASE,
    /** Hidden base. */
    DS_BASE,
    /** Hidden base. */
    ES_BASE,
    /** Hidden base. */
    FS_BASE,
    /** Hidden base. */
    GS_BASE,
    /** Hidden base. */
    SS_BASE,
    /** Hidden base. */
    LDTR_BASE,
    /** Hidden base. */
    TR_BASE,
    /** Hidden limit in bytes, the granularity applied. */
    CS_LIMIT,
    /** Hidden limit in bytes, the granularity applied. */
    DS_LIMIT,
    /** Hidden limit in bytes, the granularity applied. */
    ES_LIMIT,
    /** Hidden limit in bytes, the granularity applied. */
    FS_LIMIT,
    /** Hidden limit in bytes, the granularity applied. */
    GS_LIMIT,
    /** Hidden limit in bytes, the granularity applied. */
    SS_LIMIT,
    /** Hidden limit in bytes, the granularity applied. */
    LDTR_LIMIT,
    /** Hidden limit in bytes, the granularity applied. */
    TR_LIMIT,
    /** Hidden attributes. */
    CS_ATTRIBUTES,
    /** Hidden attributes. */
    DS_ATTRIBUTES,
    /** Hidden attributes. */
    ES_ATTRIBUTES,
    /** Hidden attributes. */
    FS_ATTRIBUTES,
    /** Hidden attributes. */
    GS_ATTRIBUTES,
    /** Hidden attributes. */
    SS_ATTRIBUTES,
    /** Hidden attributes. */
    LDTR_ATTRIBUTES,
    /** Hidden attributes. */
    TR_ATTRIBUTES,
    /** Global descriptor table base. */
    GDTR_BASE,
    /** Global descriptor table limit. */
    GDTR_LIMIT,
    /** Interrupt descriptor table base. */
    IDTR_BASE,
    /** Interrupt descriptor table limit. */
    IDTR_LIMIT,
    /** Debug register 0. */
    DR0,
    /** Debug register 1. */
    DR1,
    /** Debug register 2. */
    DR2,
    /** Debug register 3. */
    DR3,
    /** Debug status. */
    DR6,
    /** Debug control. */
    DR7
}
