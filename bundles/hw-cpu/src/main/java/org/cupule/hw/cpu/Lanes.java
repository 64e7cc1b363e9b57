package org.cupule.hw.cpu;

/**
 * What a packed instruction does to 64 bits: an MMX register, or half an XMM register.
 *
 * @threading immutable
 */
@FunctionalInterface
interface Lanes {
    /** {@return the new destination} */
    long apply(long destination, long source);
}
