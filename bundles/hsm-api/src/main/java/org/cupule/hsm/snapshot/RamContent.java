package org.cupule.hsm.snapshot;

import org.cupule.ram.Ram;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Gives the content of guest memory to a VM that is being restored.
 *
 * @threading called on the restoring thread
 */
@ConsumerType
@FunctionalInterface
public interface RamContent {
    /**
     * Writes what was saved of one backing.
     *
     * @param backing
     *            its number, from 0, as in {@link StillVm#backings}; each comes once, in order
     * @param ram
     *            the new backing, all zero, of the length that the old one had
     */
    void fill(int backing, Ram ram);
}
