package org.cupule.ram;

/**
 * Access rights as a bit set, in the positions of an EPT entry and of {@code vm_memmap.attr} ({@code hsm.md} 6.1).
 *
 * @threading immutable
 */
public final class Access {
    /** Data may be read. */
    public static final int READ = 1;
    /** Data may be written. */
    public static final int WRITE = 2;
    /** Instructions may be fetched. */
    public static final int EXECUTE = 4;
    /** All three. */
    public static final int ALL = READ | WRITE | EXECUTE;

    private Access() {
    }

    /** {@return the rights as {@code rwx}, a missing one as {@code -}} */
    public static String text(int access) {
        return "" + ((access & READ) != 0 ? 'r' : '-') + ((access & WRITE) != 0 ? 'w' : '-')
                + ((access & EXECUTE) != 0 ? 'x' : '-');
    }
}
