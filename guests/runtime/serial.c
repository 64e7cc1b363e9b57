/* COM1 by polling, and a small printf. */
#include "runtime.h"

#define THR (COM1 + 0)
#define IER (COM1 + 1)
#define FCR (COM1 + 2)
#define LCR (COM1 + 3)
#define MCR (COM1 + 4)
#define LSR (COM1 + 5)
#define LSR_THRE 0x20

static lock_t serial_lock;

void serial_begin(void) {
    out8(IER, 0);
    out8(LCR, 0x80); /* divisor: 115200 */
    out8(THR, 1);
    out8(IER, 0);
    out8(LCR, 0x03); /* 8 bits, no parity, 1 stop bit */
    out8(FCR, 0x07);
    out8(MCR, 0x0B); /* DTR, RTS, OUT2: the interrupt line is connected */
}

void put(char c) {
    if (c == '\n') {
        put('\r');
    }
    while ((in8(LSR) & LSR_THRE) == 0) {
        relax();
    }
    out8(THR, (u8)c);
}

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
    take(&serial_lock);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        int wide = *++format == 'l';
        format += wide;
        format_one(*format, wide, &arguments);
    }
    release(&serial_lock);
    flags_back(flags);
    __builtin_va_end(arguments);
}
