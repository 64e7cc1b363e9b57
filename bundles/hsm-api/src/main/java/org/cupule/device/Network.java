package org.cupule.device;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The host's side of a network card: Ethernet frames without preamble and checksum, at most {@value #MOST_BYTES} bytes
 * each. Neither side ever waits; a frame that finds no room is lost, as on a wire.
 *
 * @threading confined to the device's gate
 */
@ProviderType
public interface Network {
    /** The longest frame: a header of 14 bytes and 1500. */
    int MOST_BYTES = 1514;

    /** Sends a frame; one that is too long or shorter than its header is dropped. */
    void send(byte[] frame, int from, int lengthBytes);

    /**
     * Takes the next frame.
     *
     * @param target
     *            at least {@value #MOST_BYTES} bytes
     * @return its length, or -1 when there is none now
     */
    int receive(byte[] target, int from);

    /** Sets what is called, inside the gate, when frames came after {@link #receive} had returned -1. */
    void onFrame(Runnable action);
}
