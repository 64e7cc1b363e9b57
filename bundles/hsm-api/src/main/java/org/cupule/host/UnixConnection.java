package org.cupule.host;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A connection of a local socket: bytes and descriptors, both ways.
 *
 * @threading any thread; one at a time sends, one at a time receives
 */
@ProviderType
public interface UnixConnection extends AutoCloseable {
    /** The most descriptors that go with one call. */
    int MAX_DESCRIPTORS = 64;

    /** {@return who is at the other end} */
    PeerCredentials peer();

    /**
     * Sends all of the bytes, and copies of the descriptors with the first of them. Waits while the other end does not
     * read.
     *
     * @param bytes
     *            at least one where descriptors go along
     * @param descriptors
     *            at most {@link #MAX_DESCRIPTORS}, else EINVAL; still the caller's
     * @throws org.cupule.types.HsmException
     *             EPIPE or ECONNRESET when the other end is gone; EMSGSIZE for a packet that is too large; EBADF when
     *             it is closed
     */
    void send(byte[] bytes, List<Descriptor> descriptors);

    /**
     * Waits for bytes.
     *
     * @param maxBytes
     *            the most to receive, at least 1
     * @return what came; {@link Received#end} when the other end is gone, or this one was closed
     * @throws org.cupule.types.HsmException
     *             EMSGSIZE when a packet, or the descriptors with it, did not fit: it is lost, and what came of it
     *             closed
     */
    Received receive(int maxBytes);

    /**
     * Calls once, soon, when the other end is gone, whether anybody receives or not.
     *
     * @param action
     *            called by a thread of the host; must return at once
     * @return closing it ends the watch; owned by the caller
     */
    Watch onHangUp(Runnable action);

    /** Ends it, and who waits in it. Does nothing when it is closed. */
    @Override
    void close();

    /**
     * What was received.
     *
     * @param bytes
     *            the bytes; empty at the end
     * @param descriptors
     *            what came along, owned by the caller, who closes them
     * @threading immutable; the array must not be changed
     */
    record Received(byte[] bytes, List<Descriptor> descriptors) {
        /** Copies the list. */
        public Received {
            descriptors = List.copyOf(descriptors);
        }

        /** {@return whether the other end is gone} */
        public boolean end() {
            return bytes.length == 0;
        }
    }

    /**
     * A watch for the end of a connection.
     *
     * @threading any thread
     */
    @ProviderType
    interface Watch extends AutoCloseable {
        /** Ends it; the action may be inside. */
        @Override
        void close();
    }
}
