/* Far transfers and IRET: every kind of code segment, call gates, changes of privilege. */
#include "long.h"

extern u8 far_call_m32[], far_call_m64[], user_far_call_m32[], far_jump_m32[], land_here[], iret_frame[], user_land[], ret_far[];

static struct {
    u32 offset;
    u16 selector;
} __attribute__((packed)) pointer32;

/* `mov eax, cs; retf`: the same bytes in 16, 32 and 64-bit code. */
static void code_descriptors(void) {
    print("== far: call through a pointer, every kind of code segment\n");
    for (u32 byte = 0; byte < 256; byte++) {
        if ((byte & 0x18) != 0x18) {
            continue; /* data and system */
        }
        for (u32 mode = 0; mode < 4; mode++) {
            long_gdt[SEL_FREE / 8] = 0x000F00000000FFFF | (u64)byte << 40 | (u64)mode << 53 | 1ul << 55;
            print("code %x l%u d%u:", byte, mode & 1, mode >> 1);
            for (u32 rpl = 0; rpl < 4; rpl += 3) {
                pointer32.offset = (u32)(u64)land_here;
                pointer32.selector = (u16)(SEL_FREE | rpl);
                u64 r = attempt(far_call_m32, (u64)&pointer32, 0);
                log_outcome(r);
                if (!r) {
                    print("=%lx", attempt_rax);
                }
                restore_state();
            }
            print(" now %x\n", (u32)(long_gdt[SEL_FREE / 8] >> 40) & 0xFF);
        }
    }
}

static void call_gates(void) {
    static const u32 targets[] = {CODE64, CODE64 | 3, SEL_CONFORMING, SEL_CODE32, DATA, 0, SEL_USER64, SEL_TSS, 0x8000};
    print("== far: call gates of 64 bits, from the kernel and from user code\n");
    for (u32 i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        for (u32 byte = 0; byte < 4; byte++) {
            u32 access = 0x0C | (byte & 1 ? 0x80 : 0) | (byte & 2 ? 0x60 : 0);
            u64 offset = (u64)land_here;
            long_gdt[SEL_FREE / 8] = (offset & 0xFFFF) | (u64)targets[i] << 16 | (u64)access << 40 | (offset >> 16 & 0xFFFF) << 48;
            long_gdt[SEL_FREE / 8 + 1] = offset >> 32;
            pointer32.offset = 0xDEAD;
            pointer32.selector = SEL_FREE | 3;
            memcpy(test_memory, &pointer32, sizeof pointer32);
            print("gate %x to %x:", access, targets[i]);
            log_outcome(attempt(far_call_m32, TEST_PAGE, 0));
            restore_state();
            memcpy(test_memory, &pointer32, sizeof pointer32);
            u64 r = attempt_user(in_window(user_far_call_m32), TEST_PAGE, SEL_USER64 | 3, SEL_USER_DATA | 3);
            log_outcome(r);
            if (caught.frame.vector == USER_GATE) {
                print("=%lx", caught.frame.rax);
            }
            print("\n");
            restore_state();
        }
    }
    long_gdt[SEL_FREE / 8] = 0x8C00001800001000ul | 0;
    long_gdt[SEL_FREE / 8 + 1] = 0x0000080000000000ul; /* type field of the upper half must be 0 */
    pointer32.selector = SEL_FREE;
    print("gate with a type in its upper half:");
    log_outcome(attempt(far_call_m32, (u64)&pointer32, 0));
    print("\n");
}

/* IRETQ with any CS and SS: iret_frame takes the frame's words from memory. */
static void iret_to(const char *what, u64 cs, u64 rip, u64 rflags, u64 rsp, u64 ss) {
    u64 frame[5] = {rip, cs, rflags, rsp, ss};
    print("%s cs %lx ss %lx:", what, cs, ss);
    u64 r = attempt(iret_frame, (u64)frame, 0);
    log_outcome(r);
    if (r && caught.frame.vector == USER_GATE) {
        print(" cs %lx ss %lx flags %lx rsp %lx", caught.frame.cs, caught.frame.ss, caught.frame.rflags & 0x3F7700,
              caught.frame.rsp);
    }
    print("\n");
    restore_state();
}

static void iret(void) {
    static const u32 codes[] = {CODE64, CODE64 | 3, SEL_USER64 | 3, SEL_USER64, SEL_USER32 | 3, SEL_CODE32, SEL_CODE32 | 3,
                                SEL_CONFORMING, SEL_CONFORMING | 3, DATA, 0, 3, SEL_TSS, 0x8000};
    static const u32 stacks[] = {DATA, DATA | 3, SEL_USER_DATA | 3, SEL_USER_DATA, 0, 3, SEL_USER64 | 3, 0x8003};
    print("== far: iretq\n");
    for (u32 i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        for (u32 j = 0; j < sizeof stacks / sizeof stacks[0]; j++) {
            u32 outer = (codes[i] & 3) == 3;
            iret_to("iretq", codes[i], outer ? in_window(user_land) : (u64)user_land, 2,
                    outer ? USER_STACK_TOP - 256 : recovery_rsp - 256, stacks[j]);
        }
    }
    iret_to("flags", SEL_USER64 | 3, in_window(user_land), 0x3E3CD7, /* all but TF, IF, NT and RF */
            USER_STACK_TOP - 256, SEL_USER_DATA | 3);
    iret_to("non-canonical rip", SEL_USER64 | 3, 0x800000000000ul, 2, USER_STACK_TOP - 256, SEL_USER_DATA | 3);
    iret_to("rip of 33 bits to 32-bit code", SEL_USER32 | 3, 0x100000000ul + in_window(user_land), 2, USER_STACK_TOP - 256,
            SEL_USER_DATA | 3);
    iret_to("nested task flag in the frame", CODE64, (u64)user_land, 0x4002, recovery_rsp - 256, DATA);
    extern u8 iret_with_nt[], iret_32[], iret_16[];
    memcpy((void *)0x1234, user_land, 2);
    print("iretq with NT set:");
    log_outcome(attempt(iret_with_nt, 0, 0));
    print("\niretd:");
    log_outcome(attempt(iret_32, 0, 0));
    print("\niretw:");
    log_outcome(attempt(iret_16, 0, 0));
    print("\n");
}

static void returns(void) {
    static const u32 codes[] = {CODE64, CODE64 | 3, SEL_USER64 | 3, SEL_USER32 | 3, SEL_CODE32, SEL_CONFORMING | 3, DATA, 0, 3};
    print("== far: retfq\n");
    for (u32 i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        u32 outer = (codes[i] & 3) == 3;
        u64 frame[4] = {outer ? in_window(user_land) : (u64)user_land, codes[i], USER_STACK_TOP - 256, SEL_USER_DATA | 3};
        print("retfq cs %x:", codes[i]);
        u64 r = attempt(ret_far, (u64)frame, 0);
        log_outcome(r);
        if (r && caught.frame.vector == USER_GATE) {
            print(" cs %lx ss %lx rsp %lx", caught.frame.cs, caught.frame.ss & 0xFFFF, outer ? caught.frame.rsp : 0);
        }
        print("\n");
        restore_state();
    }
}

void test_far(void) {
    code_descriptors();
    call_gates();
    iret();
    returns();
}
