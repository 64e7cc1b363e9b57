/*
 * Paging of 32 bits and of PAE: each combination of rights at two levels, for each kind of access in both modes, with
 * and without CR0.WP; large pages; reserved bits; the PDPTEs. A line for each combination; in it, for each access, ok
 * and the accessed and dirty bits afterwards, of the table's entry and of the directory's, or the page fault.
 */
#include "legacy.h"

#define PAGE 0x40000000u
#define BIG_AT 0x1000000u /* physical, a multiple of 4 MiB */
#define WP 0x10000u
#define PG 0x80000000u
#define PSE 0x10u
#define PAE 0x20u
#define PGE 0x80u
#define EFER 0xC0000080u
#define NXE 0x800u
#define NX (1ull << 63)
#define LARGE 0x80u

static u32 directory[1024] __attribute__((aligned(4096)));
static u32 table[1024] __attribute__((aligned(4096)));
static u64 pointers[4] __attribute__((aligned(32)));
static u64 low_directory[512] __attribute__((aligned(4096)));
static u64 wide_directory[512] __attribute__((aligned(4096)));
static u64 wide_table[512] __attribute__((aligned(4096)));
static u8 memory[4096] __attribute__((aligned(4096)));

static int wide; /* PAE */

static void map(u64 entry, u64 above) {
    table[0] = (u32)memory | (u32)entry;
    directory[PAGE >> 22] = above & LARGE ? BIG_AT | (u32)above : (u32)table | (u32)above;
    wide_table[0] = (u32)memory | entry;
    wide_directory[0] = above & LARGE ? BIG_AT | above : (u32)wide_table | above;
    invlpg(PAGE);
}

static void paging_on(u32 cr0, u32 cr4, u32 efer) {
    for (u32 i = 0; i < 8; i++) {
        directory[i] = i << 22 | 0xE7; /* present, writable, user, accessed, dirty, 4 MiB */
        low_directory[2 * i] = i << 22 | 0xE7;
        low_directory[2 * i + 1] = (i << 22) + 0x200000 + 0xE7;
    }
    pointers[0] = (u32)low_directory | 1;
    pointers[1] = (u32)wide_directory | 1;
    map(7, 7);
    wide = (cr4 & PAE) != 0;
    write_msr(EFER, efer, 0);
    write_cr4(cr4);
    write_cr3(wide ? (u32)pointers : (u32)directory);
    write_cr0(0x40031 | PG | cr0);
}

static void paging_off(void) {
    restore_state();
    write_msr(EFER, 0, 0);
}

static const char READ[] = "\x64\xA1\x00\x00\x00\x40\xCD\x80";             /* mov eax, [fs:PAGE] */
static const char WRITE[] = "\x64\xA3\x00\x00\x00\x40\xCD\x80";            /* mov [fs:PAGE], eax */
static const char ADD[] = "\x64\x83\x05\x00\x00\x00\x40\x01\xCD\x80";      /* add dword [fs:PAGE], 1 */
static const char RUN[] = "\xEA\x00\x00\x00\x40\x08\x00";                  /* jmp CODE:PAGE */
static const char RUN_USER[] = "\xEA\x00\x00\x00\x40\xE3\x00";             /* jmp CODE_AT_0 | 3:PAGE */

static const char *flag_text(u32 entry) {
    static const char *const texts[4] = {"", "A", "D", "AD"};
    return texts[entry >> 5 & 3];
}

static void access_once(const char *code, u32 bytes, u32 mode) {
    place(code, bytes);
    prepare(mode);
    run(mode);
    tell_short();
}

static void name(u64 entry) {
    if (entry >> 32 & 0x7FFFFFFF) {
        print("%x.", (u32)(entry >> 32));
    }
    print("%x%s", (u32)entry, entry >> 63 ? "+nx" : "");
}

static void one(u64 entry, u64 above) {
    print("entry ");
    name(entry);
    print(" above ");
    name(above);
    print(":");
    for (u32 i = 0; i < 8; i++) {
        static const char *const codes[] = {READ, WRITE, ADD, RUN, READ, WRITE, ADD, RUN_USER};
        static const u32 sizes[] = {sizeof READ, sizeof WRITE, sizeof ADD, sizeof RUN, sizeof READ, sizeof WRITE, sizeof ADD,
              sizeof RUN};
        u8 *at = above & LARGE ? (u8 *)BIG_AT : memory;
        at[0] = 0xCD, at[1] = DONE;
        map(entry, above);
        access_once(codes[i], sizes[i], i < 4 ? P32 : U32);
        if (caught.vector == DONE) {
            print("%s/%s", flag_text(wide ? (u32)wide_table[0] : table[0]),
                  flag_text((wide ? (u32)wide_directory[0] : directory[PAGE >> 22]) & (above & LARGE ? ~0u : ~0x40u)));
        }
    }
    print("\n");
    map(7, 7);
}

static void rights(const char *title, u32 with_nx) {
    print("== paging: %s\n", title);
    for (u32 d = 0; d < (with_nx ? 8 : 4); d++) {
        u64 above = 1 | (d & 3) << 1 | (d & 4 ? NX : 0);
        for (u32 e = 0; e < (with_nx ? 8 : 4); e++) {
            one(1 | (e & 3) << 1 | (e & 4 ? NX : 0), above);
        }
        one(0, above);
    }
    one(7, 0);
}

static void large(u32 with_nx) {
    for (u32 d = 0; d < (with_nx ? 8 : 4); d++) {
        one(0, LARGE | 1 | (d & 3) << 1 | (d & 4 ? NX : 0));
    }
    one(0, LARGE);
}

static void narrow(void) {
    paging_on(WP, PSE, 0);
    rights("32 bits, with WP", 0);
    print("== paging: 32 bits, pages of 4 MiB\n");
    large(0);
    paging_off();
    paging_on(0, PSE, 0);
    rights("32 bits, without WP", 0);
    paging_off();
    print("== paging: 32 bits, without PSE the bit means nothing\n");
    static u32 low_table[1024] __attribute__((aligned(4096)));
    for (u32 i = 0; i < 1024; i++) {
        low_table[i] = i << 12 | 7;
    }
    map(7, 7);
    directory[0] = (u32)low_table | 7 | LARGE;
    directory[PAGE >> 22] |= LARGE;
    memory[0] = 0x5A;
    wide = 0;
    write_cr3((u32)directory);
    write_cr0(0x40031 | PG | WP);
    access_once(READ, sizeof READ, P32), print(" %x", caught.eax & 0xFF);
    access_once(WRITE, sizeof WRITE, U32), print(" %s\n", flag_text(table[0]));
    paging_off();
}

static void reserved(void) {
    print("== paging: PAE, reserved bits\n");
    paging_on(WP, PAE, 0);
    one(7 | NX, 7);
    one(7, 7 | NX);
    one(7 | 1ull << 51, 7);
    one(7, 7 | 1ull << 51);
    one(7, 0x87 | 1u << 13);
    paging_off();
    static const u64 bits[] = {2, 4, 0x20, 0x80, 0x100, 1ull << 51, NX};
    for (u32 i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        print("pdpte with %x %x:", (u32)(bits[i] >> 32), (u32)bits[i]);
        paging_on(WP, PAE, 0);
        pointers[1] |= bits[i];
        static const char LOAD[] = "\x0F\x20\xD8\x0F\x22\xD8\xCD\x80"; /* mov eax, cr3; mov cr3, eax */
        access_once(LOAD, sizeof LOAD, P32);
        print("\n");
        paging_off();
    }
}

/* They are in registers: what is in memory counts when CR3 is loaded. */
static void pdptes(void) {
    print("== paging: PAE, the four PDPTEs\n");
    paging_on(WP, PAE, 0);
    access_once(READ, sizeof READ, P32);
    pointers[1] = 0;
    invlpg(PAGE);
    access_once(READ, sizeof READ, P32);
    write_cr3((u32)pointers);
    access_once(READ, sizeof READ, P32);
    pointers[1] = (u32)wide_directory | 1;
    access_once(READ, sizeof READ, P32);
    write_cr3((u32)pointers);
    access_once(READ, sizeof READ, P32);
    print("\n");
    paging_off();
}

/* An access over the end of a page: the second page decides too. A stack that ends there. */
static void crossing(void) {
    static const char READ_4[] = "\x64\xA1\xFE\xFF\xFF\x3F\xCD\x80";             /* mov eax, [fs:PAGE - 2] */
    static const char WRITE_4[] = "\x64\xA3\xFE\xFF\xFF\x3F\xCD\x80";
    static const char ADD_4[] = "\x64\x83\x05\xFE\xFF\xFF\x3F\x01\xCD\x80";
    static const char COPY[] = "\xBF\x00\x00\xFF\xFF\xB9\x03\x00\x00\x00\xF3\xAB\xCD\x80"; /* mov edi, ..; mov ecx, 3; rep stosd */
    print("== paging: crossing\n");
    paging_on(WP, PSE, 0);
    directory[(PAGE >> 22) - 1] = BIG_AT | 0x87;
    for (u32 entry = 0; entry < 4; entry++) {
        map(entry, 7);
        print("entry %x:", entry);
        access_once(READ_4, sizeof READ_4, P32);
        access_once(WRITE_4, sizeof WRITE_4, P32);
        access_once(ADD_4, sizeof ADD_4, P32);
        print(" %s\n", flag_text(table[0]));
    }
    map(0, 7);
    gdt[SEL_FREE / 8] = segment(PAGE - 6 - 0xFFFF0000u, 0xFFFFF, 0xF3, 0xC);
    place(COPY, sizeof COPY);
    prepare(U32);
    entry.es = SEL_FREE | 3;
    run(U32);
    print("rep stosd over the end:"), tell_short(), print(" edi %x ecx %x eip %x\n", caught.edi, caught.ecx, caught.eip);
    paging_off();
}

/* The processor's own accesses are the supervisor's, also from user code; a page fault in the delivery of an event. */
static void system_accesses(void) {
    print("== paging: the processor's own accesses\n");
    paging_on(WP, PSE, 0);
    directory[0] &= ~4u; /* everything of ours is the supervisor's: GDT, IDT, TSS, stacks */
    static u32 user_table[1024] __attribute__((aligned(4096)));
    for (u32 i = 0; i < 1024; i++) {
        user_table[i] = i << 12 | (i >= CODE_AT >> 12 && i < 0x40 ? 7 : 3);
    }
    directory[0] = (u32)user_table | 7;
    write_cr3((u32)directory);
    access_once("\x8E\xD8\xCD\x80", 4, U32), print(" load of a null selector;");
    access_once("\x64\xA1\x00\x00\x10\x00\xCD\x80", 8, U32), print(" read of the image;");
    tss.esp0 = PAGE; /* nothing below it */
    set_gate(14, SEL_TSS_B, 0x85, 0);
    set_gate(8, SEL_TSS_B, 0x85, 0);
    task_b();
    tss_b.cr3 = (u32)directory;
    access_once("\xCD\x80", 2, U32);
    print(" error %x cr2 %x, at %x:%x\n", caught.error, caught.cr2, tss.cs, tss.eip);
    paging_off();
    print("pf, then pf again:");
    paging_on(WP, PSE, 0);
    set_gate(14, 0, 0x8E, 0);
    map(0, 7);
    access_once(READ, sizeof READ, P32);
    print(" cr2 %x\n", caught.cr2);
    paging_off();
}

/* A global page outlives a load of CR3, but not a change of PGE. */
static void global(void) {
    print("== paging: after INVLPG, CR3 and CR4\n");
    paging_on(WP, PSE | PGE, 0);
    map(7, 7);
    access_once(READ, sizeof READ, P32);
    table[0] = 0;
    write_cr3((u32)directory);
    access_once(READ, sizeof READ, P32);
    map(7 | 0x100, 7);
    access_once(READ, sizeof READ, P32);
    table[0] = 0;
    write_cr4(PSE);
    access_once(READ, sizeof READ, P32);
    table[0] = (u32)memory | 7;
    access_once(READ, sizeof READ, P32);
    print("\n");
    paging_off();
}

void test_paging(void) {
    narrow();
    paging_on(WP, PAE, NXE);
    rights("PAE with NX and WP", 1);
    print("== paging: PAE, pages of 2 MiB\n");
    large(1);
    paging_off();
    paging_on(0, PAE, NXE);
    rights("PAE with NX, without WP", 1);
    paging_off();
    reserved();
    pdptes();
    crossing();
    system_accesses();
    global();
}
