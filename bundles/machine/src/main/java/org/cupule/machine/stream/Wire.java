package org.cupule.machine.stream;

/**
 * The host's side of a network card. {@link #onInput} is called when frames came after {@link #receive} gave -1.
 *
 * @threading {@link #send} and {@link #receive}: inside the device's gate; the rest any thread
 */
public interface Wire extends Backing {
    /** Takes a frame from the card. */
    void send(byte[] frame, int from, int lengthBytes);

    /** {@return the length of the next frame for the card, or -1 when there is none now} */
    int receive(byte[] target, int from);

    @Override
    default boolean write(int value) {
        return true;
    }

    @Override
    default int read() {
        return -1;
    }

    /** {@return a wire that ends nowhere} */
    static Wire unplugged() {
        return new Wire() {
            @Override
            public void send(byte[] frame, int from, int lengthBytes) {
                // Nobody hears it.
            }

            @Override
            public int receive(byte[] target, int from) {
                return -1;
            }

            @Override
            public void onInput(Runnable action) {
                // No frame ever comes.
            }

            @Override
            public void close() {
                // There is nothing to let go of.
            }
        };
    }
}
