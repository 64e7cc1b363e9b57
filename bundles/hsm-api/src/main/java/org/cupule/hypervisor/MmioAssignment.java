package org.cupule.hypervisor;

import java.util.List;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A device of the host that is memory only, and its places in the guest: {@code struct acrn_mmiodev} ({@code hsm.md}
 * 2.5, 9.2).
 *
 * @param name
 *            its name, 8 bytes at most in C
 * @param resources
 *            at most three places; those of length 0 are nothing
 * @threading immutable
 */
public record MmioAssignment(String name, List<Resource> resources) {
    /** Resources of a device. */
    public static final int RESOURCES = 3;

    /** Copies the list; EINVAL when there are more than three resources. */
    public MmioAssignment {
        resources = List.copyOf(resources);
        if (resources.size() > RESOURCES) {
            throw new HsmException(Errno.EINVAL, "passthrough",
                    "'%s' has %d resources, more than %d".formatted(name, resources.size(), RESOURCES));
        }
    }

    /**
     * One place.
     *
     * @param gpa
     *            guest physical address
     * @param hpa
     *            physical address in the host (the Service VM's)
     * @param lengthBytes
     *            length; 0: no place
     * @param memoryType
     *            the {@code mem_type} word; the hypervisor maps uncached whatever it says
     * @threading immutable
     */
    public record Resource(long gpa, long hpa, long lengthBytes, long memoryType) {
    }
}
