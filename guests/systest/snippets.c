/* Runs the experiments of snippets.asm and tells how each ended. */
#include "long.h"

struct snippet {
    const char *name;
    u8 *code;
    u64 ring;
};

extern const struct snippet snippets[], snippets_end[];
extern u64 window_delta;
extern u8 image_start[];

#define EXTRA 0x100 /* in ring: only when asked for */
#define FLAGS_SHOWN 0x57702ul /* no status flags: some are undefined */

static u64 read_dr6(void) {
    u64 v;
    __asm__ volatile("mov %%dr6, %0" : "=r"(v));
    return v;
}

static void place(u64 rip, u64 code) {
    if (rip - code < 512) {
        print(" rip +%lu", rip - code);
    } else {
        print(" rip %lx", rip);
    }
}

static void tell_exception(const struct snippet *s) {
    const struct frame *f = &caught.frame;
    u64 code = s->ring & 3 ? in_window(s->code) : (u64)s->code;
    u64 stack = s->ring & 3 ? USER_STACK_TOP - 64 : recovery_rsp - 8;
    print(" vector %lu error %lx", f->vector, f->error);
    place(f->rip, code);
    print(" cs %lx ss %lx flags %lx", f->cs, f->ss, f->rflags & FLAGS_SHOWN);
    if (stack - f->rsp < 4096) {
        print(" rsp -%lu", stack - f->rsp);
    } else {
        print(" rsp %lx", f->rsp);
    }
    if (f->vector == 14) {
        print(" cr2 %lx", caught.cr2);
    }
    if (f->vector == 1) {
        print(" dr6 %lx", read_dr6());
    }
    print("\n");
}

void test_snippets(void) {
    print("== instructions\n");
    window_delta = USER_IMAGE - (u64)image_start;
    for (const struct snippet *s = snippets; s < snippets_end; s++) {
        restore_state();
        if ((s->ring & EXTRA) && !option("extra", 0)) {
            continue;
        }
        u64 user = s->ring & 3;
        if (user) {
            write_cr0(read_cr0() | 0x40000); /* AM */
        }
        print("%s:", s->name);
        u64 ended = user ? attempt_user(in_window(s->code), TEST_PAGE, SEL_USER64 | 3, SEL_USER_DATA | 3)
                            : attempt(s->code, TEST_PAGE, 0);
        if (!ended) {
            print(" rax %lx\n", attempt_rax);
        } else if (caught.frame.vector == USER_GATE) {
            print(" rax %lx\n", caught.frame.rax);
        } else {
            tell_exception(s);
        }
    }
    restore_state();
}
