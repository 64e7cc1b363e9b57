package org.cupule.types;

/**
 * A PCI function's address: bus, device, function.
 *
 * <pre>
 *  15        8 7      3 2    0
 * +-----------+--------+------+
 * |    bus    | device | func |
 * +-----------+--------+------+
 * </pre>
 *
 * @param bus
 *            0 to 255
 * @param device
 *            0 to 31
 * @param function
 *            0 to 7
 * @threading immutable
 */
public record Bdf(int bus, int device, int function) implements Comparable<Bdf> {
    /** Checks the three numbers. */
    public Bdf {
        if ((bus & ~0xFF) != 0 || (device & ~0x1F) != 0 || (function & ~7) != 0) {
            throw new HsmException(Errno.EINVAL, "bdf",
                    "bus %d device %d function %d is outside 255/31/7".formatted(bus, device, function));
        }
    }

    /** {@return the address in its 16-bit form's value} */
    public static Bdf of(int packed) {
        return new Bdf(packed >> 8 & 0xFF, packed >> 3 & 0x1F, packed & 7);
    }

    /** {@return the address written as {@code 00:03.0} (hexadecimal)} */
    public static Bdf parse(String text) {
        var match = java.util.regex.Pattern.compile("([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\\.([0-7])").matcher(text);
        if (!match.matches()) {
            throw new HsmException(Errno.EINVAL, "bdf", "'" + text + "' is not of the form 00:03.0");
        }
        return new Bdf(Integer.parseInt(match.group(1), 16), Integer.parseInt(match.group(2), 16),
                Integer.parseInt(match.group(3)));
    }

    /** {@return the 16-bit form} */
    public int packed() {
        return bus << 8 | device << 3 | function;
    }

    @Override
    public int compareTo(Bdf other) {
        return Integer.compare(packed(), other.packed());
    }

    @Override
    public String toString() {
        return "%02x:%02x.%d".formatted(bus, device, function);
    }
}
