package org.cupule.types;

/**
 * The two spaces in which an I/O range can lie. The ordinal is the {@code type} word of an I/O request slot
 * ({@code hsm.md} 7.2).
 *
 * @threading immutable
 */
public enum AddressSpace {
    /** The 64 KiB of I/O ports. */
    PORTIO,
    /** Guest physical memory. */
    MMIO
}
