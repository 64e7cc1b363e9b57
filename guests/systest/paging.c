/*
 * Paging: each combination of rights at two levels, for each kind of access in both modes, with and without CR0.WP.
 * A line for each combination; in it, for each access, ok or the page fault's error code, and the accessed and dirty
 * bits afterwards, of the page table entry and of the directory entry.
 */
#include "long.h"

#define NX (1ul << 63)
#define EFER_MSR 0xC0000080u

extern u8 read_it[], write_it[], run_it[], user_read_it[], user_write_it[], user_run_it[], add_it[], user_add_it[];
extern u64 pdpt[];
static u64 big_directory[512] __attribute__((aligned(4096)));

static void set_entries(u64 entry, u64 directory) {
    *test_directory_entry = (*test_directory_entry & 0x000FFFFFFFFFF000) | directory;
    *test_entry = ((u64)test_memory | entry);
    invlpg(TEST_PAGE);
}

static int access_once(void *code, int user, u64 address) {
    u64 r = user ? attempt_user(in_window(code), address, SEL_USER64 | 3, SEL_USER_DATA | 3) : attempt(code, address, 0);
    log_outcome(r);
    if (r && caught.frame.vector == 14 && caught.cr2 != address) {
        print("@%lx", caught.cr2);
    }
    return !r || caught.frame.vector == USER_GATE;
}

static void one(u64 entry, u64 directory) {
    void *codes[4] = {read_it, write_it, add_it, run_it};
    void *user_codes[4] = {user_read_it, user_write_it, user_add_it, user_run_it};
    print("entry %lx directory %lx:", entry & ~0x0000FFFFFFFFF000ul, directory & ~0x0000FFFFFFFFF000ul);
    for (u32 i = 0; i < 8; i++) {
        test_memory[0] = i < 4 ? 0xC3 : 0xCD; /* RET, or INT 0x80 */
        test_memory[1] = USER_GATE;
        set_entries(entry, directory);
        int succeeded = access_once(i < 4 ? codes[i] : user_codes[i - 4], i >= 4, TEST_PAGE);
        if (succeeded) {
            print("%s/%s", flag_text(*test_entry), flag_text(*test_directory_entry & ~0x40ul));
        }
    }
    print("\n");
    set_entries(7, 7);
}

static void rights(const char *title) {
    print("== paging: %s\n", title);
    for (u32 d = 0; d < 8; d++) {
        u64 directory = 1 | (d & 3) << 1 | (d & 4 ? NX : 0);
        for (u32 e = 0; e < 8; e++) {
            one(1 | (e & 3) << 1 | (e & 4 ? NX : 0), directory);
        }
        one(0, directory);
    }
    one(7, 0);
}

static void reserved_bits(void) {
    print("== paging: reserved bits\n");
    static const u64 bits[] = {1ul << 51, NX};
    for (u32 nx = 0; nx < 2; nx++) {
        write_msr(EFER_MSR, nx ? 0xD01 : 0x501);
        print("NXE %u\n", nx);
        one(7 | bits[1], 7);
        one(7, 7 | bits[1]);
    }
    restore_state();
}

/* 2 MiB pages: a directory entry of its own, a GiB above the window. */
static void large(u64 entry) {
    print("large page %lx:", entry & ~0x0000FFFFFFE00000ul);
    void *codes[3] = {read_it, write_it, run_it};
    for (u32 i = 0; i < 3; i++) {
        u64 at = BIG_PAGE + ((u64)test_memory & 0x1FFFFF);
        test_memory[0] = 0xC3;
        big_directory[0] = ((u64)test_memory & ~0x1FFFFFul) | entry;
        invlpg(at);
        if (access_once(codes[i], 0, at)) {
            print("%s", flag_text(big_directory[0]));
        }
    }
    print("\n");
}

static void large_pages(void) {
    print("== paging: large pages\n");
    pdpt[BIG_PAGE >> 30] = (u64)big_directory | 3;
    large(0x83);
    large(0x81);
    large(0x82);
    large(0x83 | NX);
    large(0x83 | 1ul << 13); /* reserved */
    large(0x83 | 1ul << 20); /* reserved */
    large(0x83 | 1ul << 12); /* PAT: not reserved */
    pdpt[BIG_PAGE >> 30] = 0;
    write_cr3(read_cr3());
}

/* An access over the end of a page: the second page decides too. */
static void crossing(void) {
    print("== paging: crossing\n");
    static const s64 offsets[] = {-1, -2, -4, -7, -8, 0};
    for (u32 i = 0; i < 6; i++) {
        for (u32 e = 0; e < 3; e++) {
            static const u64 entries[] = {0, 1, 3};
            set_entries(entries[e], 7);
            print("entry %lx offset %x:", entries[e], (u32)-offsets[i]);
            extern u8 read_8[], write_8[], add_8[];
            access_once(read_8, 0, TEST_PAGE + (u64)offsets[i]);
            access_once(write_8, 0, TEST_PAGE + (u64)offsets[i]);
            access_once(add_8, 0, TEST_PAGE + (u64)offsets[i]);
            print(" %s\n", flag_text(*test_entry));
        }
    }
    set_entries(7, 7);
}

/* A stale translation may be used until INVLPG; more rights are seen at once after a fault. */
static void invalidation(void) {
    print("== paging: after INVLPG and CR3\n");
    set_entries(3, 7);
    access_once(write_it, 0, TEST_PAGE);
    *test_entry = (u64)test_memory | 1;
    invlpg(TEST_PAGE + 0xFFF);
    access_once(write_it, 0, TEST_PAGE);
    *test_entry = (u64)test_memory | 3;
    access_once(write_it, 0, TEST_PAGE);
    *test_entry = 0;
    write_cr3(read_cr3());
    access_once(read_it, 0, TEST_PAGE);
    *test_entry = (u64)test_memory | 3 | 0x100; /* global, but CR4.PGE is off */
    access_once(read_it, 0, TEST_PAGE);
    *test_entry = 0;
    write_cr3(read_cr3());
    access_once(read_it, 0, TEST_PAGE);
    write_cr4(read_cr4() | 0x80);
    *test_entry = (u64)test_memory | 3 | 0x100;
    access_once(read_it, 0, TEST_PAGE);
    *test_entry = 0;
    write_cr4(read_cr4() ^ 0x80); /* changing PGE drops all translations */
    access_once(read_it, 0, TEST_PAGE);
    print("\n");
    restore_state();
}

void test_paging(void) {
    rights("with WP");
    write_cr0(read_cr0() & ~0x10000ul);
    rights("without WP");
    restore_state();
    reserved_bits();
    large_pages();
    crossing();
    invalidation();
}
