package org.cupule.machine.stream;

/**
 * The host's side of a device's stream. Neither side ever waits.
 *
 * @threading {@link #write} and {@link #read}: inside the device's gate; the rest any thread
 */
public interface Backing extends AutoCloseable {
    /** Takes a byte from the device. @return false when there is no room now; the byte was not taken */
    boolean write(int value);

    /** {@return the next byte for the device, 0 to 255, or -1 when there is none now} */
    int read();

    /** Sets what is called, on any thread and without a lock held, when bytes came after {@link #read} gave -1. */
    void onInput(Runnable action);

    /** Lets go of files. */
    @Override
    void close();
}
