package org.cupule.hardware;

import org.cupule.ram.MemoryType;
import org.cupule.state.Stateful;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The second-level translation of one VM: guest physical to host physical addresses.
 *
 * <p>
 * All addresses and lengths are multiples of 4096 bytes; the caller has checked that. Access rights are bits of
 * {@code org.cupule.ram.Access}. State kind {@code ept}, version 1: numbers {@code gpa}, {@code hpa}, {@code length},
 * {@code access} and {@code type} (its code), five lists of equal length, ascending by gpa, neighbours joined where hpa
 * goes on and access and type are equal. So any two implementations write equal states for equal mappings.
 *
 * @threading changes are made by one thread at a time, under the VM's memory lock; {@link #walk} runs at any time on
 *            any thread and sees each page either before or after a change
 */
@ConsumerType
public interface Ept extends Stateful {
    /** Bits of a guest physical address: addresses at and above 2^48 are not mapped. */
    int GPA_BITS = 48;
    /** Bits of a host physical address: as many as an EPT entry holds. */
    int HPA_BITS = 52;

    /**
     * Maps a range. A page that is mapped already is left as it is ({@code hsm.md} 6.6), and so is what lies beyond
     * {@link #GPA_BITS}. A page may be mapped without any right: then each access to it is refused, but it keeps its
     * place, and {@link #protect} can open it.
     *
     * @return how many bytes were newly mapped
     * @throws org.cupule.types.HsmException
     *             EINVAL where host addresses need more than {@link #HPA_BITS}
     */
    long map(long gpa, long hpa, long lengthBytes, int access, MemoryType type);

    /** Removes the mappings of a range; pages that are not mapped are passed over. */
    void unmap(long gpa, long lengthBytes);

    /** Replaces the rights of the mapped pages of a range. */
    void protect(long gpa, long lengthBytes, int access);

    /** {@return whether every page of the range is mapped, with whatever rights} */
    boolean mapped(long gpa, long lengthBytes);

    /**
     * Translates one address.
     *
     * @param gpa
     *            guest physical address, any
     * @param access
     *            the rights that are needed; 0 asks whether the page is mapped at all
     * @param out
     *            filled in: on success all of it, on a violation the qualification and the rights (0 where no page is)
     * @return whether the page is mapped with all these rights
     */
    boolean walk(long gpa, int access, EptWalk out);

    /** Calls the visitor for each run of mapped pages, ascending by gpa, neighbours joined as in the saved state. */
    void forEach(MappingVisitor visitor);

    /**
     * Receives the mappings.
     *
     * @threading confined to the caller of {@link Ept#forEach}
     */
    @FunctionalInterface
    interface MappingVisitor {
        /** One run of pages with equal rights and type, whose host addresses follow each other. */
        void mapping(long gpa, long hpa, long lengthBytes, int access, MemoryType type);
    }
}
