package org.cupule.dev.virtio.rng;

/**
 * Where random bytes come from.
 *
 * @threading confined to the device's gate
 */
interface Source {
    /** Fills the first bytes of an array. */
    void fill(byte[] target, int lengthBytes);

    /** {@return how many requests it has served} */
    long given();

    /** Sets how many requests it has served. */
    void given(long requests);
}
