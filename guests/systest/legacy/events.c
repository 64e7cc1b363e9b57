/* Interrupts, their shadows, non-maskable ones; single steps and breakpoints of protected mode. */
#include "legacy.h"

#define VECTOR 0x60
#define SEND "\x64\xC7\x05\x00\x03\xE0\xFE\x60\x00\x04\x00" /* mov dword [fs:0xFEE00300], 0x40060: to ourselves */
#define SEND_NMI "\x64\xC7\x05\x00\x03\xE0\xFE\x00\x04\x00\x00"

static void one(const char *name, const char *code, u32 bytes, u32 mode, u32 flags) {
    restore_state();
    place(code, bytes);
    prepare(mode);
    entry.flags |= flags;
    store32(DATA_AT, STACK_TOP); /* for LSS */
    store32(DATA_AT + 4, STACK32);
    print("%s:", name);
    run(mode);
    tell();
}

#define ONE(name, code) one(name, code, sizeof code - 1, P32, 0)

static void shadows(void) {
    print("== events: interrupts\n");
    ONE("sti, nop, nop", SEND "\xFB\x90\x90\xCD\x80");
    ONE("sti, cli: never", SEND "\xFB\xFA\x90\xCD\x80");
    ONE("sti, sti, nop: the second has no shadow", SEND "\xFB\xFB\x90\xCD\x80");
    ONE("sti, hlt", SEND "\xFB\xF4\x90\xCD\x80");
    ONE("popf: no shadow", SEND "\x9C\x83\x0C\x24\x00\x80\x4C\x24\x01\x02\x9D\x90\x90\xCD\x80");
    ONE("sti, int 0x80", SEND "\xFB\xCD\x80");
    ONE("sti, fault", SEND "\xFB\x0F\x0B");
    ONE("two of them: the higher one first", "\x64\xC7\x05\x00\x03\xE0\xFE\x50\x00\x04\x00" SEND "\xFB\x90\x90\xCD\x80");
    for (u32 i = 0; i < MODES; i++) {
        u32 mode = 1u << i;
        if (mode == V86_0) {
            continue; /* INT 0x80 does not end there */
        }
        restore_state();
        place("\x90\x90\xCD\x80", 4);
        prepare(mode);
        entry.flags |= 0x200;
        raise_interrupt(VECTOR);
        run(mode);
        print("pending at the start, mode %x:", mode);
        tell();
    }
    print("== events: non-maskable interrupts\n");
    ONE("taken with IF clear", SEND_NMI "\xEB\xFE");
    restore_state();
}

/* In the handler of one, another waits for IRET: EAX is how many came, EBX how many were seen inside the first. */
static void nmi_blocking(void) {
    static const char MAIN[] = SEND_NMI "\x83\xF9\x02\x75\xFB\x89\xD3\x89\xC8\xCD\x80"; /* until ecx is 2; mov ebx, edx; mov eax,
          ecx */
    /* inc ecx; cmp ecx, 2; jae to the end; send; a loop of 64; mov edx, ecx; iret */
    static const char HANDLER[] = "\x41\x83\xF9\x02\x73\x15" SEND_NMI "\xBE\x40\x00\x00\x00\x4E\x75\xFD\x89\xCA\xCF";
    restore_state();
    place(MAIN, sizeof MAIN);
    memcpy((void *)(CODE_AT + 0x40), HANDLER, sizeof HANDLER);
    prepare(P32);
    set_gate(2, CODE32, 0x8E, 0x40);
    run(P32);
    print("one in another waits for iret:");
    tell();
    restore_state();
}

static void debug(void) {
    print("== events: single step\n");
#define TF "\x9C\x80\x4C\x24\x01\x01\x9D" /* pushf; or byte [esp + 1], 1; popf */
    ONE("nop behind popf", TF "\x90\x90\xCD\x80");
    ONE("mov ss holds it off", "\x8C\xD0" TF "\x8E\xD0\x90\x90\xCD\x80");
    ONE("lss does not", TF "\x0F\xB2\x25\x00\x00\x00\x00\x90\xCD\x80");
    ONE("int 0x80: not in the handler", TF "\xCD\x80");
    one("user", TF "\x90\x90\xCD\x80", 11, U32, 0);
    one("set by iret", "\x90\x90\xCD\x80", 4, P32, 0x100);
    one("set by iret, user", "\x90\x90\xCD\x80", 4, U32, 0x100);
    one("set by iret, v86", "\x90\x90\xCD\x80", 4, V86, 0x100);
    one("set by iret, real", "\x90\x90\xCD\x80", 4, REAL, 0x100);
    one("fault of the stepped instruction", TF "\xF7\xF1", 9, P32, 0);
    one("rep movsb", TF "\xB1\x03\xF3\xA4\xCD\x80", 13, P32, 0);
}

static void breakpoint(const char *name, u32 address, u32 dr7, u32 cr4, const char *code, u32 bytes, u32 mode, u32 flags) {
    restore_state();
    write_cr4(cr4);
    place(code, bytes);
    prepare(mode);
    entry.flags |= flags;
    __asm__ volatile("mov %0, %%dr2" : : "r"(address));
    __asm__ volatile("mov %0, %%dr7" : : "r"(dr7));
    run(mode);
    print("%s:", name);
    tell();
    restore_state();
}

#define BREAK(name, address, field, cr4, code) breakpoint(name, address, 0x420 | (field) << 24, cr4, code, sizeof code - 1, P32, 0)

static void ports(void) {
    print("== events: breakpoints of ports\n");
    BREAK("out", 0x80, 2, 8, "\xE6\x80\x90\xCD\x80");
    BREAK("without CR4.DE there is none", 0x80, 2, 0, "\xE6\x80\x90\xCD\x80");
    BREAK("in", 0x80, 2, 8, "\xE4\x80\x90\xCD\x80");
    BREAK("another port", 0x81, 2, 8, "\xE6\x80\x90\xCD\x80");
    BREAK("a word over it", 0x81, 2, 8, "\x66\xE7\x80\x90\xCD\x80");
    BREAK("two bytes", 0x80, 6, 8, "\xE6\x81\x90\xCD\x80");
    BREAK("rep outsb, each", 0x80, 2, 8, "\xB1\x02\xB2\x80\xF3\x6E\x90\xCD\x80");
    BREAK("not by memory", 0x80, 2, 8, "\x64\xA1\x80\x00\x00\x00\x90\xCD\x80");
}

/* Only on our model: QEMU TCG crashes on some of them. */
void test_breakpoints(void) {
    print("== events: breakpoints\n");
    BREAK("instruction", CODE_AT + 1, 0, 0, "\x90\x90\x90\xCD\x80");
    breakpoint("instruction, local", CODE_AT + 1, 0x410, 0, "\x90\x90\x90\xCD\x80", 5, P32, 0);
    breakpoint("instruction, not enabled", CODE_AT + 1, 0x400, 0, "\x90\x90\x90\xCD\x80", 5, P32, 0);
    breakpoint("instruction, passed over by RF", CODE_AT, 0x420, 0, "\x90\x90\xCD\x80", 4, P32, 0x10000);
    breakpoint("instruction, RF lasts for one", CODE_AT + 1, 0x420, 0, "\x90\x90\xCD\x80", 4, P32, 0x10000);
    breakpoint("instruction, user", CODE_AT + 1, 0x420, 0, "\x90\x90\xCD\x80", 4, U32, 0);
    breakpoint("instruction, v86", CODE_AT + 1, 0x420, 0, "\x90\x90\xCD\x80", 4, V86, 0);
    breakpoint("instruction, real", CODE_AT + 1, 0x420, 0, "\x90\x90\xCD\x80", 4, REAL, 0);
    BREAK("behind mov ss: lost", CODE_AT + 4, 0, 0, "\x8C\xD0\x8E\xD0\x90\x90\xCD\x80");
    BREAK("write", DATA_AT, 0xD, 0, "\xA1\x00\x00\x00\x00\xA3\x00\x00\x00\x00\x90\xCD\x80");
    BREAK("write, not by a read", DATA_AT, 0xD, 0, "\xA1\x00\x00\x00\x00\x90\xCD\x80");
    BREAK("read or write", DATA_AT, 0xF, 0, "\xA1\x00\x00\x00\x00\x90\xCD\x80");
    BREAK("one byte of four", DATA_AT + 3, 3, 0, "\xA1\x00\x00\x00\x00\x90\xCD\x80");
    BREAK("the byte behind", DATA_AT + 4, 3, 0, "\xA1\x00\x00\x00\x00\x90\xCD\x80");
    BREAK("four bytes, one of them read", DATA_AT, 0xF, 0, "\xA0\x03\x00\x00\x00\x90\xCD\x80");
    BREAK("push", STACK_AT + STACK_TOP - 0x44, 0xD, 0, "\x83\xEC\x40\x50\x90\xCD\x80");
    BREAK("rep stosb: after the element", DATA_AT + 2, 1, 0, "\xB1\x05\xF3\xAA\x90\xCD\x80");
    BREAK("a faulting write does not break", DATA_AT, 0xD, 0, "\x89\xE8\xF7\x3D\x00\x00\x00\x00\xCD\x80");
    ports();
}

static void fast_calls(void) {
    print("== events: SYSENTER and SYSEXIT\n");
    static const u32 values[] = {0, CODE, CODE | 3, CODE32};
    for (u32 i = 0; i < 4; i++) {
        restore_state();
        write_msr(0x174, values[i], 0);
        write_msr(0x175, (u32)kernel_stack_top - 512, 0);
        write_msr(0x176, stubs(DONE), 0);
        place("\xFD\x0F\x34\xCD\x80", 5);
        prepare(U32);
        run(U32);
        print("sysenter to %x:", values[i]);
        if (caught.vector == DONE) { /* no frame was pushed */
            print(" ss %x esp %x flags %x\n", caught.in_ss, (u32)kernel_stack_top - caught.in_esp, caught.in_flags & 0x3F7702);
        } else {
            tell();
        }
    }
    for (u32 i = 0; i < 4; i++) {
        restore_state();
        write_msr(0x174, i == 0 ? 0 : CODE, 0);
        /* mov edx, CODE_AT + 0x40; mov ecx, STACK_AT + 0xF000; sysexit */
        place("\xBA\x40\x00\x01\x00\xB9\x00\xF0\x02\x00\x0F\x35\xCD\x80", 14);
        *(volatile u16 *)(CODE_AT + 0x40) = 0x80CD;
        prepare(i == 2 ? U32 : i == 3 ? REAL : P32);
        run(i == 2 ? U32 : i == 3 ? REAL : P32);
        print("sysexit, %x:", i);
        tell_short();
        print(" at %x:%x ss %x esp %x\n", caught.cs, caught.eip, caught.ss, caught.cs & 3 ? caught.esp : 0);
    }
    restore_state();
}

void test_events(void) {
    shadows();
    nmi_blocking();
    debug();
    fast_calls();
}
