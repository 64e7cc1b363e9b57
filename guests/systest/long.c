/*
 * long: what long mode does in every corner, written down as text through port 0xE9. The same binary runs on our
 * processor model, on QEMU and on real hardware; the text must be the same. It ends with debug exit 0x10.
 */
#include "long.h"

void guest(u32 cpu) {
    if (cpu != 0) {
        return;
    }
    make_tables();
    restore_state();
    test_snippets();
    test_fpu();
    test_paging();
    test_descriptors();
    test_gates();
    test_far();
    print("== end\n");
    leave(0x10);
}
