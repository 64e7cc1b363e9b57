package org.cupule.hsm.memory;

import java.util.List;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The memory of one VM. RAM can be added until the VM is destroyed and vanishes only with it ({@code hsm.md} 6.2).
 *
 * @threading any thread
 */
@ProviderType
public interface GuestMemory {
    /** The most RAM mappings of a VM. */
    int MAX_MAPPINGS = 256;

    /**
     * Allocates zeroed host memory, owned by this VM and released when it is destroyed. It is not mapped yet.
     *
     * @param lengthBytes
     *            a positive multiple of 4096, else EINVAL; ENOMEM when the host has not so much
     */
    Ram allocate(long lengthBytes);

    /**
     * Maps RAM. A page that is mapped already stays as it is.
     *
     * @param gpa
     *            guest physical address, a multiple of 4096
     * @param ram
     *            made by {@link #allocate}, else EFAULT
     * @param offset
     *            in the backing, a multiple of 4096
     * @param lengthBytes
     *            a positive multiple of 4096
     * @param access
     *            rights, bits of {@code org.cupule.ram.Access}
     * @throws org.cupule.types.HsmException
     *             EINVAL for lengths below a page or beyond the backing, ENOMEM for the 257th
     */
    void map(long gpa, Ram ram, long offset, long lengthBytes, int access);

    /** Allocates and maps in one step. @return the backing */
    default Ram addRam(long gpa, long lengthBytes, int access) {
        Ram ram = allocate(lengthBytes);
        map(gpa, ram, 0, lengthBytes, access);
        return ram;
    }

    /** Maps a part of a backing as device memory: type UC, and removable. */
    void mapMmio(long gpa, Ram ram, long offset, long lengthBytes, int access);

    /** Removes device memory. EINVAL when a page of the range is not mapped, or is RAM. */
    void unmapMmio(long gpa, long lengthBytes);

    /** Copies out of RAM. @return false, with nothing copied, unless all of the range is RAM */
    boolean read(long gpa, byte[] target, int from, int lengthBytes);

    /** Copies into RAM that may be written. @return false, with nothing written, unless all of the range is such RAM */
    boolean write(long gpa, byte[] source, int from, int lengthBytes);

    /** Copies into RAM whatever its rights: for loaders of ROM. */
    boolean load(long gpa, byte[] source, int from, int lengthBytes);

    /** {@return the mappings, ascending by gpa} */
    List<Mapping> mappings();

    /**
     * One mapping.
     *
     * @param gpa
     *            guest physical address
     * @param lengthBytes
     *            length
     * @param access
     *            rights
     * @param type
     *            memory type
     * @param ram
     *            whether it is RAM; else device memory
     * @threading immutable
     */
    record Mapping(long gpa, long lengthBytes, int access, MemoryType type, boolean ram) {
    }
}
