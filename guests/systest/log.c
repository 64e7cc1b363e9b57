/* The log: text, through the port 0xE9, where QEMU and Bochs have a debug console. */
#include "long.h"

void put(char c) { out8(0xE9, (u8)c); }

void log_outcome(u64 interrupted) {
    if (!interrupted || caught.frame.vector == USER_GATE) {
        print(" ok");
        return;
    }
    print(" v%lu", caught.frame.vector);
    if (caught.frame.error) {
        print("e%lx", caught.frame.error);
    }
    if (option("verbose", 0)) {
        print("[rip %lx rsp %lx cr2 %lx]", caught.frame.rip, caught.frame.rsp, caught.cr2);
    }
}

/* Accessed and dirty. */
const char *flag_text(u64 entry) {
    static const char *const texts[4] = {"", "A", "D", "AD"};
    return texts[entry >> 5 & 3];
}
