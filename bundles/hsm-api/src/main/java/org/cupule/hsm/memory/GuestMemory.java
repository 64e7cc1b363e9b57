package org.cupule.hsm.memory;

import java.util.List;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
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
     * @throws HsmException
     *             EINVAL for lengths below a page or beyond the backing, ENOMEM for the 257th
     */
    void map(long gpa, Ram ram, long offset, long lengthBytes, int access);

    /**
     * Allocates memory of huge pages, all of them at once: a hypervisor that gets a region a page gets few of them.
     *
     * @param lengthBytes
     *            a positive multiple of the page size, else EINVAL
     * @param pageBytes
     *            4096, 2 MiB or 1 GiB
     * @return the backing; parts of it that are mapped begin and end with a page of this size
     * @throws HsmException
     *             EOPNOTSUPP where there are no such pages; ENOMEM when so many are not free
     */
    default Ram allocate(long lengthBytes, long pageBytes) {
        if (pageBytes == Ram.PAGE_BYTES) {
            return allocate(lengthBytes);
        }
        throw new HsmException(Errno.EOPNOTSUPP, "allocate", "this VM has no pages of " + pageBytes + " bytes");
    }

    /** Allocates and maps in one step. @return the backing */
    default Ram addRam(long gpa, long lengthBytes, int access) {
        Ram ram = allocate(lengthBytes);
        map(gpa, ram, 0, lengthBytes, access);
        return ram;
    }

    /**
     * Maps all of somebody else's memory as RAM. It belongs to this VM from the call on: it is given back at once when
     * the VM cannot take it, else when the VM is destroyed. Memory that the hypervisor was asked to map stays with the
     * VM even when it refused, since it may have mapped a part ({@code hsm.md} 6.5).
     *
     * @param gpa
     *            guest physical address, a multiple of 4096
     * @param memory
     *            what to map
     * @param access
     *            rights, bits of {@code org.cupule.ram.Access}
     * @throws HsmException
     *             EFAULT when the segment is not native memory of whole pages; EINVAL when it begins inside a huge page
     *             and for addresses that are not possible; ENOMEM for the 257th mapping; the hypervisor's
     */
    default void lend(long gpa, LentMemory memory, int access) {
        memory.close();
        throw new HsmException(Errno.EOPNOTSUPP, "lend", "this VM takes no memory of others");
    }

    /** Maps all of somebody else's memory as device memory: type UC, and given back when all of it was removed. */
    default void lendMmio(long gpa, LentMemory memory, int access) {
        memory.close();
        throw new HsmException(Errno.EOPNOTSUPP, "lendMmio", "this VM takes no memory of others");
    }

    /** Maps a part of a backing as device memory: type UC, and removable. */
    void mapMmio(long gpa, Ram ram, long offset, long lengthBytes, int access);

    /**
     * Maps memory of a device of the host by its physical address there: type UC, and removable by {@link #unmapMmio}.
     *
     * @param hpa
     *            physical address in the host (the Service VM's), a multiple of 4096
     * @throws HsmException
     *             EOPNOTSUPP where the hypervisor cannot; EINVAL for numbers that are no pages; the hypervisor's
     */
    default void mapHostMmio(long gpa, long hpa, long lengthBytes, int access) {
        throw new HsmException(Errno.EOPNOTSUPP, "mapHostMmio", "this VM maps no memory of the host");
    }

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
