package org.cupule.hw.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.cupule.types.Msi;

/**
 * The MSI capability with a 64-bit address and a mask for each vector.
 *
 * <pre>
 *      31                16 15         8 7          0
 * +00 |  message control   |    next    |  id (05)   |
 * +04 |            message address              | 0 0|
 * +08 |            message address, upper half       |
 * +0C |     reserved       |       message data      |
 * +10 |                 mask bits                    |
 * +14 |                pending bits                  |
 *
 * message control   8: per-vector masking   7: 64-bit   6:4 messages enabled   3:1 messages capable   0: enable
 *                   (the numbers of messages are powers of two)
 * </pre>
 *
 * <p>
 * Source: PCI Local Bus Specification 3.0, section 6.8.1.
 *
 * @threading confined: the function that owns it has its lock
 */
final class MsiCapability {
    static final int LENGTH = 24;
    private static final int CONTROL = 0x02;
    private static final int ADDRESS = 0x04;
    private static final int DATA = 0x0C;
    private static final int MASK = 0x10;
    private static final int PENDING = 0x14;
    private static final int ENABLE = 1;
    private static final int WIDE_AND_MASKABLE = 0x180;

    private final ConfigSpace space;
    private final int at;
    private final int vectors;

    MsiCapability(ConfigSpace space, int at, int vectors) {
        this.space = space;
        this.at = at;
        this.vectors = vectors;
    }

    static void lay(ConfigSpace space, int at, int vectors) {
        long all = (1L << vectors) - 1;
        int capable = Integer.numberOfTrailingZeros(vectors);
        space.lay(at + CONTROL, 2, WIDE_AND_MASKABLE | capable << 1, 0x70 | ENABLE);
        space.lay(at + ADDRESS, 8, 0, ~3L);
        space.lay(at + DATA, 4, 0, 0xFFFF);
        space.lay(at + MASK, 4, 0, all);
        space.own(at + PENDING, 4, all);
    }

    boolean enabled() {
        return (space.get(at + CONTROL, 2) & ENABLE) != 0;
    }

    /** {@return the message of a vector; empty when it is not granted or masked, and then perhaps pending} */
    Optional<Msi> message(int vector) {
        if (!enabled() || vector < 0 || vector >= granted()) {
            return Optional.empty();
        }
        if ((space.get(at + MASK, 4) >> vector & 1) != 0) {
            space.set(at + PENDING, 4, space.get(at + PENDING, 4) | 1L << vector);
            return Optional.empty();
        }
        return Optional.of(new Msi(space.get(at + ADDRESS, 8), data(vector)));
    }

    /** {@return the messages that were pending and may go now; they are pending no more} */
    List<Msi> released() {
        var messages = new ArrayList<Msi>();
        long ready = enabled() ? space.get(at + PENDING, 4) & ~space.get(at + MASK, 4) & (1L << granted()) - 1 : 0;
        space.set(at + PENDING, 4, space.get(at + PENDING, 4) & ~ready);
        for (long left = ready; left != 0; left &= left - 1) {
            message(Long.numberOfTrailingZeros(left)).ifPresent(messages::add);
        }
        return messages;
    }

    /** {@return how many messages the guest enabled: never more than the function is capable of} */
    private int granted() {
        int power = (int) space.get(at + CONTROL, 2) >> 4 & 7;
        return Math.min(1 << power, vectors);
    }

    /** {@return the data with the low bits replaced by the vector ("Message Data": as many as messages are enabled)} */
    private long data(int vector) {
        return space.get(at + DATA, 2) & -granted() | vector;
    }
}
