package org.cupule.ram;

/**
 * The memory types of an EPT mapping, in the order of their codes in an EPT entry.
 *
 * <p>
 * Source: Intel SDM volume 3, "EPT and Memory Typing".
 *
 * @threading immutable
 */
public enum MemoryType {
    /** Uncacheable. */
    UC(0),
    /** Write combining. */
    WC(1),
    /** Write through. */
    WT(4),
    /** Write protected. */
    WP(5),
    /** Write back. */
    WB(6);

    private final int code;

    MemoryType(int code) {
        this.code = code;
    }

    /** {@return the 3-bit code in bits 5:3 of an EPT entry} */
    public int code() {
        return code;
    }

    /** {@return the type with this code; {@link #UC} for a reserved one} */
    public static MemoryType of(int code) {
        for (MemoryType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return UC;
    }
}
