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

    /**
     * Maps a range. A page that is mapped already is left as it is ({@code hsm.md} 6.6).
     *
     * @return how many bytes were newly mapped
     */
    long map(long gpa, long hpa, long lengthBytes, int access, MemoryType type);

    /** Removes the mappings of a range; pages that are not mapped are passed over. */
    void unmap(long gpa, long lengthBytes);

    /** Replaces the rights of the mapped pages of a range. */
    void protect(long gpa, long lengthBytes, int access);

    /** {@return whether every page of the range is mapped} */
    boolean mapped(long gpa, long lengthBytes);

    /**
     * Translates one address.
     *
     * @param gpa
     *            guest physical address, any
     * @param access
     *            the rights that are needed
     * @param out
     *            filled in: on success all of it, on a violation the qualification and the rights
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
