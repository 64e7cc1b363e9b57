package org.cupule.hw.cpu.oracle;

import java.util.SplittableRandom;

/**
 * The memory that code under test sees, on the host and on the model. An image of it holds the pages one after the
 * other.
 *
 * <pre>
 *   0x0000_1000_0000  CODE   2 pages  rwx     image pages 0, 1
 *   0x0000_2000_0000  DATA   2 pages  rw-     image pages 2, 3
 *   0x0000_2000_2000  FIXED  1 page   r--     image page 4
 *   0x1234_5678_9000  HIGH   1 page   rw-     image page 5
 * </pre>
 */
final class UserMemory {
    static final long CODE = 0x10000000L;
    static final long DATA = 0x20000000L;
    static final long FIXED = 0x20002000L;
    static final long HIGH = 0x123456789000L;
    static final int PAGE = 4096;
    static final int PAGES = 6;
    static final int FIXED_PAGE = 4;
    private static final long[] PAGE_AT = {CODE, CODE + PAGE, DATA, DATA + PAGE, FIXED, HIGH};
    /** HLT faults in user mode, so code that jumps anywhere in the code pages ends at once. */
    private static final byte HLT = (byte) 0xF4;

    private UserMemory() {
    }

    /** {@return the linear address of a page of the image} */
    static long pageAt(int page) {
        return PAGE_AT[page];
    }

    /** {@return the offset in the image of a linear address, or -1} */
    static int offset(long linear) {
        for (int page = 0; page < PAGES; page++) {
            if (Long.compareUnsigned(linear - PAGE_AT[page], PAGE) < 0) {
                return page * PAGE + (int) (linear - PAGE_AT[page]);
            }
        }
        return -1;
    }

    /** {@return an image with HLT in the code pages and random data elsewhere} */
    static byte[] image(SplittableRandom random) {
        byte[] image = new byte[PAGES * PAGE];
        random.nextBytes(image);
        java.util.Arrays.fill(image, 0, 2 * PAGE, HLT);
        return image;
    }
}
