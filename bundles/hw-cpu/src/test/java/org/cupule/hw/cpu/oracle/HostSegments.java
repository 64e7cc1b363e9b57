package org.cupule.hw.cpu.oracle;

/**
 * The descriptor tables of the sandbox: the global one as Linux has it on x86-64, and the local one that
 * {@code oracle.c} makes with {@code modify_ldt}. All segments are marked as accessed.
 */
final class HostSegments {
    static final int USER_CODE_32 = 0x23;
    static final int USER_DATA = 0x2B;
    static final int USER_CODE_64 = 0x33;
    /** Local: 32-bit code over the code pages. */
    static final int CODE_WIDE = 0x07;
    /** Local: 16-bit code over the code pages. */
    static final int CODE_NARROW = 0x0F;
    /** Local: 32-bit data over the data pages. */
    static final int DATA_WIDE = 0x17;
    /** Local: 16-bit data over the data pages. */
    static final int DATA_NARROW = 0x1F;
    /** Local: 32-bit data that expands down, 0x1000 and up from the data pages. */
    static final int DOWN_WIDE = 0x27;
    /** Local: 16-bit data that expands down, 0x1000 to 0xFFFF from the data pages. */
    static final int DOWN_NARROW = 0x2F;
    /** Local: read-only data. */
    static final int READ_ONLY = 0x37;
    /** Local: code that cannot be read. */
    static final int EXECUTE_ONLY = 0x3F;
    /** Local: not present. */
    static final int ABSENT = 0x47;
    /** Local: flat 32-bit code. */
    static final int CODE_FLAT = 0x4F;
    /** Local: flat 32-bit data. */
    static final int DATA_FLAT = 0x57;
    /** Local: 128 bytes of data. */
    static final int DATA_SHORT = 0x5F;
    /** Local: conforming code that is not present. */
    static final int CONFORMING_ABSENT = 0x67;
    /** Local: 16-bit code of three pages. */
    static final int CODE_NARROW_PAGES = 0x6F;

    static final int GDT_LIMIT = 16 * 8 - 1;
    static final int LDT_LIMIT = 14 * 8 - 1;
    /** Selector of the task state segment, as in Linux. */
    static final int TSS = 0x40;

    private static final int PRESENT = 0x80;
    private static final int USER = 0x60;
    private static final int CODE = 0x1B;
    private static final int DATA = 0x13;
    private static final int WIDE = 0x4000;
    private static final int LONG = 0x2000;
    private static final int PAGES = 0x8000;
    /** The bit for software; Linux sets it in descriptors of modify_ldt. */
    private static final int AVAILABLE = 0x1000;

    private HostSegments() {
    }

    /** {@return a descriptor of 8 bytes} */
    static long descriptor(long base, long limit, int attributes) {
        return limit & 0xFFFF | (base & 0xFFFFFF) << 16 | (attributes & 0xFFL) << 40 | (limit >> 16 & 0xF) << 48
                | (attributes >> 12 & 0xFL) << 52 | (base >> 24 & 0xFF) << 56;
    }

    /** {@return the global table, without the system segments, which depend on where the model's tables lie} */
    static long[] global() {
        long[] table = new long[16];
        table[1] = descriptor(0, 0xFFFFF, PRESENT | CODE | WIDE | PAGES);
        table[2] = descriptor(0, 0xFFFFF, PRESENT | CODE | LONG | PAGES);
        table[3] = descriptor(0, 0xFFFFF, PRESENT | DATA | WIDE | PAGES);
        table[4] = descriptor(0, 0xFFFFF, PRESENT | USER | CODE | WIDE | PAGES);
        table[5] = descriptor(0, 0xFFFFF, PRESENT | USER | DATA | WIDE | PAGES);
        table[6] = descriptor(0, 0xFFFFF, PRESENT | USER | CODE | LONG | PAGES);
        return table;
    }

    /** {@return the local table} */
    static long[] local() {
        int code = PRESENT | USER | CODE | AVAILABLE;
        int data = PRESENT | USER | DATA | AVAILABLE;
        long codePages = UserMemory.CODE;
        long dataPages = UserMemory.DATA;
        return new long[]{descriptor(codePages, 0x1FFF, code | WIDE), descriptor(codePages, 0x1FFF, code),
                descriptor(dataPages, 0x1FFF, data | WIDE), descriptor(dataPages, 0x1FFF, data),
                descriptor(dataPages, 0x0FFF, data | 4 | WIDE), descriptor(dataPages, 0x0FFF, data | 4),
                descriptor(dataPages, 0x1FFF, data & ~2 | WIDE), descriptor(codePages, 0x1FFF, code & ~2 | WIDE),
                descriptor(dataPages, 0x1FFF, data & ~PRESENT | WIDE), descriptor(0, 0xFFFFF, code | WIDE | PAGES),
                descriptor(0, 0xFFFFF, data | WIDE | PAGES), descriptor(dataPages, 0x007F, data | WIDE),
                descriptor(codePages, 0x1FFF, (code | 4 | WIDE) & ~PRESENT), descriptor(codePages, 2, code | PAGES)};
    }

    /** {@return the descriptor that a selector of user mode means; 0 for a null selector} */
    static long descriptor(int selector) {
        return (selector & 0xFFFC) == 0 ? 0 : ((selector & 4) != 0 ? local() : global())[selector >> 3];
    }

    static long base(long descriptor) {
        return descriptor >>> 16 & 0xFFFFFF | descriptor >>> 32 & 0xFF000000L;
    }

    /** {@return the limit in bytes} */
    static long limit(long descriptor) {
        long limit = descriptor & 0xFFFF | descriptor >>> 32 & 0xF0000;
        return (descriptor >>> 55 & 1) != 0 ? limit << 12 | 0xFFF : limit;
    }

    /** {@return the attributes in the form of {@code Register}; unusable for 0} */
    static int attributes(long descriptor) {
        return descriptor == 0 ? 0x10000 : (int) (descriptor >>> 40 & 0xF0FF);
    }
}
