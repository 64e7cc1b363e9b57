/* Task switches: by jump, call, interrupt, exception and return; what is saved, what is loaded, what goes wrong. */
#include "legacy.h"

static const char JUMP[] = "\xF9\xFF\x2D\0\0\0\0\xCD\x80"; /* stc; jmp far [0]; int 0x80 */
static const char CALL[] = "\xF9\xFF\x1D\0\0\0\0\xCD\x80";
static const char INT_50[] = "\xF9\xCD\x50\xCD\x80";
static const char IRET[] = "\xF9\xCF\xCD\x80";
static const char UD[] = "\xF9\x0F\x0B\xCD\x80";
static const char GP[] = "\x66\xB8\xF8\xFF\x8E\xD8\xCD\x80";

void task_b(void) {
    tss_b = (struct tss){.eip = (u32)task_handler, .esp0 = (u32)kernel_stack_top - 512, .ss0 = DATA, .eflags = 2, .eax = 0xA,
                         .ebx = 0xB, .ecx = 0xC, .edx = 0xD, .esi = 0x51, .edi = 0xD1, .ebp = 0xB9, .esp = (u32)kernel_stack_top - 1024, .cs = CODE, .ss = DATA,
                         .ds = DATA32, .es = READ_ONLY, .fs = DATA, .gs = 0, .ldt = SEL_LDT, .io_map = 104};
    memset((void *)(tss_b.esp - 16), 0, 16);
}

static u32 busy(u32 selector) { return (u32)(gdt[selector / 8] >> 41) & 1; }

static u32 task_register(void) {
    u32 tr;
    __asm__ volatile("str %0" : "=r"(tr));
    return tr;
}

static void account(void) {
    tell_short();
    print(" tr %x busy %x%x%x ts %x link %x\n", task_register(), busy(SEL_TSS), busy(SEL_TSS_B), busy(SEL_TSS_16),
          read_cr0() >> 3 & 1,
          tss_b.link & 0xFFFF);
}

static void registers(void) {
    print("  now: %x %x %x %x %x %x %x cs %x ss %x ds %x es %x fs %x gs %x flags %x error %x\n", caught.eax, caught.ebx, caught.ecx,
          caught.edx, caught.esi, caught.edi, caught.ebp, caught.in_cs & 0xFFFF, caught.in_ss & 0xFFFF, caught.in_ds & 0xFFFF,
          caught.in_es & 0xFFFF, caught.in_fs & 0xFFFF, caught.in_gs & 0xFFFF, caught.in_flags & (FLAGS_SHOWN & ~0x10000),
                caught.error);
    print("  saved: eip %x flags %x esp %x eax %x cs %x ss %x ds %x es %x fs %x gs %x ldt %x esp0 %x\n", tss.eip,
          tss.eflags & 0x3E7F03, tss.esp, tss.eax,
          tss.cs & 0xFFFF, tss.ss & 0xFFFF, tss.ds & 0xFFFF, tss.es & 0xFFFF, tss.fs & 0xFFFF, tss.gs & 0xFFFF, tss.ldt & 0xFFFF,
                tss.esp0 == (u32)kernel_stack_top);
}

static void begin(const char *code, u32 bytes, u32 mode, u32 selector) {
    restore_state();
    task_b();
    place(code, bytes);
    prepare(mode);
    store32(DATA_AT, 0x12345678); /* the offset means nothing */
    store32(DATA_AT + 4, selector);
}

#define BEGIN(code, mode, selector) begin(code, sizeof code - 1, mode, selector)

static void switches(void) {
    print("== tasks: switches\n");
    BEGIN(JUMP, P32, SEL_TSS_B), run(P32), print("jump:"), account(), registers();
    BEGIN(CALL, P32, SEL_TSS_B), run(P32), print("call:"), account(), registers();
    BEGIN(JUMP, P32, SEL_TASK_GATE), run(P32), print("jump by a gate:"), account(), registers();
    BEGIN(CALL, U32, SEL_TASK_GATE | 3), run(U32), print("call by a gate, user:"), account(), registers();
    BEGIN(CALL, U32, SEL_TSS_B), run(U32), print("call without right:"), account();
    BEGIN(CALL, P32, SEL_TSS_B | 3), run(P32), print("call with rpl 3:"), account();
    BEGIN(CALL, P32, SEL_TSS_B | 4), run(P32), print("call of a selector in the LDT:"), account();
    BEGIN(JUMP, P32, SEL_TSS), run(P32), print("jump to oneself, busy:"), account();
    BEGIN(INT_50, P32, 0), set_gate(0x50, SEL_TSS_B, 0x85, 0), run(P32), print("int by a gate:"), account(), registers();
    BEGIN(INT_50, U32, 0), set_gate(0x50, SEL_TSS_B, 0x85, 0), run(U32), print("int by a gate, user, no right:"), account();
    BEGIN(INT_50, U32, 0), set_gate(0x50, SEL_TSS_B, 0xE5, 0), run(U32), print("int by a gate, user:"), account(), registers();
    BEGIN(INT_50, V86, 0), set_gate(0x50, SEL_TSS_B, 0xE5, 0), run(V86), print("int by a gate, v86:"), account(), registers();
    BEGIN(UD, U32, 0), set_gate(6, SEL_TSS_B, 0x85, 0), run(U32), print("fault by a gate:"), account(), registers();
    BEGIN(GP, U32, 0), set_gate(13, SEL_TSS_B, 0x85, 0), run(U32), print("fault with an error code by a gate:"), account(),
          registers();
    restore_state();
}

/* Call, and IRET back: the caller goes on. */
static void nested(void) {
    print("== tasks: nested\n");
    BEGIN(CALL, P32, SEL_TSS_B);
    memcpy((void *)(CODE_AT + 0x40), "\x9C\x58\xCF\xCD\x80", 5); /* pushf; pop eax; iret; and the next call of it goes on here */
    tss_b.cs = CODE32, tss_b.ss = STACK32, tss_b.esp = STACK_TOP - 0x40, tss_b.eip = 0x40;
    run(P32);
    print("call and iret:"), account();
    print("  at %x:%x flags %x; the other: eip %x eax %x flags %x\n", caught.cs, caught.eip, caught.eflags & 0x3F7F03, tss_b.eip,
          tss_b.eax & ~0xD4u, tss_b.eflags & 0x3F7F03);
    BEGIN(IRET, P32, 0);
    entry.flags |= 0x4000;
    tss.link = SEL_TSS_B; /* not busy */
    run(P32);
    print("iret to a task that is not busy:"), account();
    BEGIN(IRET, P32, 0);
    entry.flags |= 0x4000;
    tss.link = SEL_TSS_B;
    gdt[SEL_TSS_B / 8] |= 2ull << 40;
    run(P32);
    print("iret to a busy task:"), account(), registers();
    static const u32 links[] = {0, SEL_TSS_B | 4, CODE, GDT_LIMIT + 1};
    for (u32 i = 0; i < 4; i++) {
        BEGIN(IRET, P32, 0);
        entry.flags |= 0x4000;
        tss.link = links[i];
        run(P32);
        print("iret to %x:", links[i]), account();
    }
    restore_state();
}

static void sixteen(void) {
    print("== tasks: 16 bits\n");
    for (u32 call = 0; call < 2; call++) {
        begin(call ? CALL : JUMP, sizeof CALL - 1, P32, SEL_TSS_16);
        *(volatile u16 *)(CODE_AT + 0x40) = 0x80CD;
        tss_16 = (struct tss16){.ip = 0x40, .flags = 2, .ax = 0xA, .cx = 0xC, .dx = 0xD, .bx = 0xB, .sp = 0xF000, .bp = 0xB9,
              .si = 0x51,
                                .di = 0xD1, .es = DATA32, .cs = CODE16, .ss = STACK16, .ds = READ_ONLY, .ldt = SEL_LDT};
        run(P32);
        print("%s:", call ? "call" : "jump"), account();
        print("  now: %x %x %x %x %x %x %x at %x:%x flags %x ss %x ds %x es %x link %x\n", caught.eax & 0xFFFF, caught.ebx & 0xFFFF,
              caught.ecx & 0xFFFF, caught.edx & 0xFFFF, caught.esi & 0xFFFF, caught.edi & 0xFFFF, caught.ebp & 0xFFFF, caught.cs,
                    caught.eip,
              caught.eflags & 0x7F03, caught.in_ss, caught.in_ds & 0xFFFF, caught.in_es & 0xFFFF, tss_16.link);
    }
    restore_state();
}

static void special(void) {
    print("== tasks: trap bit, virtual-8086 mode, local breakpoints\n");
    BEGIN(JUMP, P32, SEL_TSS_B);
    tss_b.trap = 1;
    run(P32);
    print("trap bit:"), account();
    print("  dr6 %x\n", caught.dr6);
    BEGIN(JUMP, P32, SEL_TSS_B);
    tss_b.eflags = 0x23002; /* virtual-8086 mode */
    tss_b.cs = 0x1000, tss_b.eip = 0x40, tss_b.ss = 0x2000, tss_b.esp = 0x8000, tss_b.ds = 0x1111, tss_b.es = 0x2222,
          tss_b.fs = 0x3333, tss_b.gs = 0x4444;
    *(volatile u16 *)(CODE_AT + 0x40) = 0x80CD;
    run(P32);
    print("to virtual-8086 mode:"), account();
    print("  at %x:%x flags %x ss %x esp %x es %x ds %x fs %x gs %x\n", caught.cs, caught.eip, caught.eflags & FLAGS_SHOWN,
          caught.ss, caught.esp,
          caught.es, caught.ds, caught.fs, caught.gs);
    BEGIN(JUMP, P32, SEL_TSS_B);
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x7AA | 0x155)); /* all enabled, at addresses that are not used */
    run(P32);
    u32 dr7;
    __asm__ volatile("mov %%dr7, %0" : "=r"(dr7));
    print("local breakpoints:"), account();
    print("  dr7 %x\n", dr7);
    restore_state();
}

/* Handlers of their own for #TS, #NP, #SS and #GP, as the manual recommends: the faulting task may be of no use. */
static struct tss handlers[4] __attribute__((aligned(128)));

static void catch_by_tasks(void) {
    static const u32 selectors[4] = {0xE8, 0xF0, 0xF8, SEL_FREE};
    for (u32 i = 0; i < 4; i++) {
        handlers[i] = (struct tss){.eip = (u32)task_handler, .eflags = 2, .eax = 0x1000 + i, .esp = (u32)kernel_stack_top - 1536,
              .cs = CODE,
                                   .ss = DATA, .ds = DATA, .es = DATA, .io_map = 104};
        gdt[selectors[i] / 8] = segment((u32)&handlers[i], 103, 0x89, 0);
        set_gate(10 + i, selectors[i], 0x85, 0);
    }
}

/* What goes wrong while the new task is loaded: its exception is the new task's, or the old one's. */
void test_task_faults(void) {
    static const struct {
        const char *name;
        u32 where, value, type, limit;
    } list[] = {
        {"not present", 0, 0, 0x09, 103},
        {"short", 0, 0, 0x89, 102},
        {"ldt null", 24, 0, 0x89, 103},
        {"ldt is code", 24, CODE, 0x89, 103},
        {"ldt in the ldt", 24, SEL_LDT | 4, 0x89, 103},
        {"ldt not there", 24, GDT_LIMIT + 1, 0x89, 103},
        {"cs null", 19, 0, 0x89, 103},
        {"cs is data", 19, DATA, 0x89, 103},
        {"cs not present", 19, SEL_FREE2, 0x89, 103},
        {"cs of level 3, rpl 0", 19, CODE_AT_0, 0x89, 103},
        {"cs not there", 19, GDT_LIMIT + 1, 0x89, 103},
        {"ss null", 20, 0, 0x89, 103},
        {"ss is code", 20, CODE, 0x89, 103},
        {"ss read-only", 20, READ_ONLY, 0x89, 103},
        {"ss with rpl 3", 20, DATA | 3, 0x89, 103},
        {"ss not present", 20, SEL_FREE2, 0x89, 103},
        {"cs conforming, level 0, rpl 3, ss of level 0", 19, CONFORMING | 3, 0x89, 103},
        {"ds of level 0 with rpl 3", 21, DATA32 | 3, 0x89, 103},
        {"fs null", 22, 3, 0x89, 103},
        {"ds execute-only", 21, EXECUTE_ONLY, 0x89, 103},
        {"ds is a system segment", 21, SEL_LDT, 0x89, 103},
        {"es not there", 18, GDT_LIMIT + 1, 0x89, 103},
        {"gs not present", 23, SEL_FREE2, 0x89, 103},
    };
    print("== tasks: faults\n");
    for (u32 i = 0; i < sizeof list / sizeof list[0]; i++) {
        BEGIN(JUMP, P32, SEL_TSS_B);
        gdt[SEL_TSS_B / 8] = segment((u32)&tss_b, list[i].limit, list[i].type, 0);
        gdt[SEL_FREE2 / 8] = segment(0, 0xFFFFF, list[i].where == 19 ? 0x1B : 0x13, 0xC);
        if (list[i].where) {
            ((u32 *)&tss_b)[list[i].where] = list[i].value;
        }
        catch_by_tasks();
        run(P32);
        print("%s:", list[i].name);
        if (caught.vector == 0x101 && caught.eax >= 0x1000) {
            print(" v%xe%x from %x: old eip %x, new eip %x esp %x,", caught.eax - 0x1000 + 10, caught.error,
                  handlers[caught.eax & 3].link & 0xFFFF, tss.eip,
                  tss_b.eip - (u32)task_handler, (u32)kernel_stack_top - tss_b.esp);
            caught.vector = DONE;
        }
        account();
    }
    restore_state();
}

void test_tasks(void) {
    switches();
    nested();
    sixteen();
    special();
}
