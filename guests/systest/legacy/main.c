/*
 * legacy: what the older modes do in their corners, written down as text through port 0xE9. The same binary runs on our
 * processor model, on QEMU and on real hardware; the text must be the same. It ends with debug exit 0x10.
 *
 * Options: "checks" does what QEMU TCG does not (limits, rights of segments, faults of task switches) or does not
 * survive; "triple" ends by a triple fault.
 */
#include "legacy.h"

/* No handler at all: the exception, then a double fault, then the end. */
static void die(void) {
    struct {
        u16 limit;
        u32 base;
    } __attribute__((packed)) none = {0, 0};
    __asm__ volatile("lidt %0; ud2" : : "m"(none));
}

void guest(void) {
    out8(0x21, 0xFF); /* no interrupts from the 8259 pair */
    out8(0xA1, 0xFF);
    make_tables();
    restore_state();
    if (option("triple")) {
        print("== triple fault\n");
        die();
    }
    test_snippets();
    if (option("checks")) {
        test_rights();
        test_limits();
        test_inner_stack();
        test_task_faults();
        test_breakpoints();
    } else {
        test_descriptors();
        test_gates();
        test_far();
        test_tasks();
        test_paging();
        test_events();
    }
    print("== end\n");
    leave(0x10);
}
