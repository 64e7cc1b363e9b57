/* Runs the experiments of experiments.asm, each in its modes. */
#include "legacy.h"

#define CODE_BYTES 256

struct snippet {
    const char *name;
    u8 *code;
    u32 modes;
};

extern const struct snippet snippets[], snippets_end[];

void test_snippets(void) {
    static const char *const names[MODES] = {"real", "v86", "v86 iopl 0", "16", "16 user", "32", "32 user"};
    u32 wanted = option("checks") ? LIMIT : 0;
    print("== instructions\n");
    for (const struct snippet *s = snippets; s < snippets_end; s++) {
        for (u32 i = 0; i < MODES; i++) {
            if ((s->modes >> i & 1) && (s->modes & LIMIT) == wanted) {
                restore_state();
                place(s->code, CODE_BYTES);
                *(volatile u8 *)(CODE_AT + 0xFFFF) = 0xB0; /* the first byte of MOV AL */
                prepare(1u << i);
                print("%s [%s]:", s->name, names[i]);
                run(1u << i);
                tell();
            }
        }
    }
    restore_state();
}
