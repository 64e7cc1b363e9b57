/* COM1 by polling. */
#include "runtime.h"

#define THR (COM1 + 0)
#define IER (COM1 + 1)
#define FCR (COM1 + 2)
#define LCR (COM1 + 3)
#define MCR (COM1 + 4)
#define LSR (COM1 + 5)
#define LSR_THRE 0x20

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
