package org.cupule.hsm.impl.ioreq;

import org.cupule.types.AddressSpace;
import org.jspecify.annotations.Nullable;

/**
 * Who gets which request: one consistent state of all clients and ranges of a VM.
 *
 * @param ports
 *            the ranges of I/O ports
 * @param memory
 *            the ranges of guest physical memory
 * @param fallback
 *            the default client; null when there is none
 * @threading immutable
 */
record Routes(RangeIndex<Client> ports, RangeIndex<Client> memory, @Nullable Client fallback) {
    static final Routes NONE = new Routes(RangeIndex.empty(), RangeIndex.empty(), null);

    /** {@return the index of a space} */
    RangeIndex<Client> index(AddressSpace space) {
        return space == AddressSpace.PORTIO ? ports : memory;
    }

    /** {@return these routes with another index for a space} */
    Routes with(AddressSpace space, RangeIndex<Client> index) {
        return space == AddressSpace.PORTIO
                ? new Routes(index, memory, fallback)
                : new Routes(ports, index, fallback);
    }

    /** {@return these routes with another default client} */
    Routes with(@Nullable Client newFallback) {
        return new Routes(ports, memory, newFallback);
    }
}
