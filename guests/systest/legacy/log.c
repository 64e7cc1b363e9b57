/* The log: text through the port 0xE9, where QEMU and Bochs have a debug console. */
#include "legacy.h"

extern u32 boot_magic, boot_info;

static void put(char c) { out8(0xE9, (u8)c); }

static void put_hex(u32 value) {
    int shift = 28;
    while (shift && value >> shift == 0) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        put("0123456789abcdef"[value >> shift & 15]);
    }
}

/* %x hexadecimal, %d hexadecimal with a sign, %s text */
void print(const char *format, ...) {
    __builtin_va_list list;
    __builtin_va_start(list, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        format++;
        if (*format == 's') {
            for (const char *text = __builtin_va_arg(list, const char *); *text; text++) {
                put(*text);
            }
            continue;
        }
        s32 value = __builtin_va_arg(list, s32);
        if (*format == 'd' && value < 0) {
            put('-');
            value = -value;
        }
        put_hex((u32)value);
    }
    __builtin_va_end(list);
}

/* Whether the frame has the interrupted stack pointer: always in real mode, since our code there puts it in. */
static int has_stack(void) {
    int real = entry.cs == 0x1000 && (entry.flags & FLAGS_VM) == 0;
    return real || (caught.eflags & FLAGS_VM) || (caught.cs & 3);
}

/* One word: ok, or v<vector>e<error>. */
void tell_short(void) {
    if (caught.vector == DONE) {
        print(" ok");
        return;
    }
    print(" v%x", caught.vector);
    if (caught.error) {
        print("e%x", caught.error);
    }
    if (caught.vector == 14) {
        print("@%x", caught.cr2);
    }
}

void tell(void) {
    tell_short();
    print(" at %x:%x flags %x", caught.cs & 0xFFFF, caught.eip, caught.eflags & FLAGS_SHOWN);
    u32 esp = has_stack() ? caught.esp : caught.in_esp + 20;
    if ((gdt[(entry.ss & 0xFFF8) / 8 % GDT_ENTRIES] >> 54 & 1) == 0) {
        esp &= 0xFFFF; /* a stack of 16 bits, whose upper half is not documented */
    }
    print(" sp %d", (s32)(esp - entry.esp));
    if (caught.vector == DONE) {
        print(" a %x b %x", caught.eax, caught.ebx);
    }
    if (caught.vector == 1) {
        print(" dr6 %x", caught.dr6);
    }
    print("\n");
}

/* ---- the command line and the end ---- */
u32 option(const char *name) {
    const u32 *info = (const u32 *)boot_info;
    if (boot_magic != 0x2BADB002 || (info[0] & 4) == 0) {
        return 0;
    }
    for (const char *text = (const char *)info[4]; *text; text++) {
        u32 i = 0;
        while (name[i] && text[i] == name[i]) {
            i++;
        }
        if (name[i] == 0) {
            return 1;
        }
    }
    return 0;
}

void leave(u8 value) {
    out8(0xF4, value);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void *memcpy(void *to, const void *from, u32 n) {
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}

void *memset(void *to, int value, u32 n) {
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
    return start;
}
