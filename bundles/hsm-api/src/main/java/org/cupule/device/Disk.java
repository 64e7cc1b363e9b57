package org.cupule.device;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The host's side of a disk: a raw image. Nothing here ever waits: what is asked for is done by others, in the order in
 * which it was asked for, and its end is told inside the gate, after the present call. So a write that was asked for
 * before a device was moved is on the disk before one that its successor asks for.
 *
 * <p>
 * A device that is being made may ask for length and {@link #readOnly} only. What a device has asked for is done even
 * when the device is reset, moved or unplugged meanwhile, but nobody is told then.
 *
 * @threading confined to the device's gate
 */
@ProviderType
public interface Disk {
    /** What is told at the end of an operation. */
    @FunctionalInterface
    interface Completion {
        /**
         * It has ended.
         *
         * @param done
         *            false when the host could not do it, or it does not lie in the disk
         */
        void ended(boolean done);
    }

    /** {@return how many bytes it has; it does not change} */
    long lengthBytes();

    /** {@return whether it cannot be written} */
    boolean readOnly();

    /** Reads; the array belongs to the disk until the end is told. */
    void read(long offset, byte[] target, int from, int lengthBytes, Completion then);

    /** Writes; the array belongs to the disk until the end is told. What was written may still be lost by a crash. */
    void write(long offset, byte[] source, int from, int lengthBytes, Completion then);

    /** Makes durable all that was written: when its end is told, a crash of the host does not lose it any more. */
    void flush(Completion then);
}
