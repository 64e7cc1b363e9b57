package org.cupule.hw.lapic;

/**
 * The bits of the spurious interrupt vector register.
 *
 * <pre>
 *  31        13  12  11 10   9   8   7        0
 * +------------+----+-----+---+----+-----------+
 * |     0      | SE |  0  | F | EN |  vector   |    EN software enable, F focus checking off (kept, no effect),
 * +------------+----+-----+---+----+-----------+    SE suppress EOI broadcasts
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Spurious Interrupt".
 *
 * @threading immutable
 */
final class SpuriousVector {
    static final int ENABLE = 1 << 8;
    static final int SUPPRESS_EOI_BROADCAST = 1 << 12;
    static final int WRITABLE = SUPPRESS_EOI_BROADCAST | 1 << 9 | ENABLE | 0xFF;
    static final int POWER_ON = 0xFF;

    private SpuriousVector() {
    }
}
