/* The command line, the ways to end, and what the compiler calls. */
#include "runtime.h"

#define MULTIBOOT_MAGIC 0x2BADB002u
#define INFO_COMMAND_LINE 4

const char *command_line(void) {
    if (boot_magic != MULTIBOOT_MAGIC || (load32(boot_info) & INFO_COMMAND_LINE) == 0) {
        return "";
    }
    return (const char *)(u64)load32(boot_info + 16);
}

static const char *after(const char *text, const char *name) {
    while (*name && *text == *name) {
        text++;
        name++;
    }
    return *name == 0 && *text == '=' ? text + 1 : 0;
}

u32 option(const char *name, u32 otherwise) {
    for (const char *text = command_line(); *text; text++) {
        const char *value = after(text, name);
        if (value) {
            u32 number = 0;
            for (; *value >= '0' && *value <= '9'; value++) {
                number = number * 10 + (u32)(*value - '0');
            }
            return number;
        }
    }
    return otherwise;
}

void leave(u8 value) {
    out8(EXIT_PORT, value);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void power_off(void) {
    out16(PM1_CONTROL, PM1_POWER_OFF);
    leave(0);
}

void dump(const char *why, const struct frame *f) {
    u64 cr2;
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    print("%s: vector %lu error %lx rip %lx cs %lx rflags %lx rsp %lx cr2 %lx\n", why, f->vector, f->error, f->rip,
          f->cs, f->rflags, f->rsp, cr2);
    print("rax %lx rcx %lx rdx %lx rbx %lx rbp %lx rsi %lx rdi %lx r8 %lx\n", f->rax, f->rcx, f->rdx, f->rbx, f->rbp,
          f->rsi, f->rdi, f->r8);
}

void *memcpy(void *to, const void *from, u64 n) {
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}

void *memset(void *to, int value, u64 n) {
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
    return start;
}
