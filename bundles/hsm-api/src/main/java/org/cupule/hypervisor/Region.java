package org.cupule.hypervisor;

import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * One region of a batch for {@link Partition#setRegions}.
 *
 * @param gpa
 *            guest physical address, a multiple of 4096
 * @param ram
 *            the backing; null removes the mappings of the range
 * @param offset
 *            where the region begins in the backing
 * @param lengthBytes
 *            a multiple of 4096
 * @param access
 *            rights, bits of {@code org.cupule.ram.Access}
 * @param type
 *            memory type
 * @threading immutable
 */
public record Region(long gpa, @Nullable Ram ram, long offset, long lengthBytes, int access, MemoryType type) {
    /** {@return a region of RAM} */
    public static Region add(long gpa, Ram ram, long offset, long lengthBytes, int access) {
        return new Region(gpa, ram, offset, lengthBytes, access, MemoryType.WB);
    }

    /** {@return the removal of whatever is mapped} */
    public static Region remove(long gpa, long lengthBytes) {
        return new Region(gpa, null, 0, lengthBytes, 0, MemoryType.UC);
    }
}
