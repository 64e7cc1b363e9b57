/* A small printf over put(). */
#include "runtime.h"

static lock_t print_lock;

static void put_number(u64 value, u32 base) {
    char digits[20];
    int n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n) {
        put(digits[--n]);
    }
}

static void put_text(const char *text) {
    while (*text) {
        put(*text++);
    }
}

static void format_one(char kind, int wide, va_list *arguments) {
    switch (kind) {
    case 's':
        put_text(__builtin_va_arg(*arguments, const char *));
        break;
    case 'c':
        put((char)__builtin_va_arg(*arguments, int));
        break;
    case 'u':
    case 'x':
        put_number(wide ? __builtin_va_arg(*arguments, u64) : __builtin_va_arg(*arguments, u32), kind == 'u' ? 10 : 16);
        break;
    default:
        put(kind);
    }
}

void print(const char *format, ...) {
    va_list arguments;
    __builtin_va_start(arguments, format);
    u64 flags = flags_and_off();
    take(&print_lock);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        int wide = *++format == 'l';
        format += wide;
        format_one(*format, wide, &arguments);
    }
    release(&print_lock);
    flags_back(flags);
    __builtin_va_end(arguments);
}
