package org.cupule.machine.memory;

/**
 * One entry of the memory map that guests are told: in the form of the BIOS call INT 15h, AX=E820h (ACPI specification,
 * "System Address Map Interfaces").
 *
 * @param gpa
 *            first byte
 * @param lengthBytes
 *            length
 * @param type
 *            {@link #USABLE} or {@link #RESERVED}
 * @threading immutable
 */
public record MapEntry(long gpa, long lengthBytes, int type) {
    /** RAM that an operating system may use. */
    public static final int USABLE = 1;
    /** Not to be used. */
    public static final int RESERVED = 2;
}
