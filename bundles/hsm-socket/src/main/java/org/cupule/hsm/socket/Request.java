package org.cupule.hsm.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * One packet of a client, little-endian.
 *
 * <pre>
 *    0        4          8                16      20      24
 *   +--------+----------+----------------+-------+-------+----------------+
 *   | kind   | command  | argument       | flags | bytes | address        |
 *   +--------+----------+----------------+-------+-------+----------------+
 *   | length            | offset         | token (16)                     |  then the argument's bytes
 *   +-------------------+----------------+--------------------------------+
 *   32                  40               48                               64
 * </pre>
 *
 * @param kind
 *            what is wanted: one of the constants
 * @param command
 *            the ioctl's number
 * @param argument
 *            the ioctl's argument: a number, or the address that the bytes were read from; for {@link #OPEN} the
 *            version
 * @param flags
 *            {@link #READABLE}, {@link #WRITABLE}
 * @param address
 *            where the memory that comes along lies in the client
 * @param lengthBytes
 *            its length; 0: none comes along
 * @param offset
 *            where it begins behind the descriptor
 * @param token
 *            which open file a connection joins
 * @param bytes
 *            what lies at the argument's address
 * @threading immutable; the array must not be changed
 */
record Request(int kind, int command, long argument, int flags, long address, long lengthBytes, long offset,
        String token, byte[] bytes) {
    /** The version that this server speaks. */
    static final long VERSION = 1;
    /** Opens the device: the connection is the open file from now on. */
    static final int OPEN = 1;
    /** Makes the connection one more way to an open file. */
    static final int JOIN = 2;
    /** Carries out an ioctl. */
    static final int IOCTL = 3;
    /** Ends the wait of the ioctl that is under way, as a signal does; it answers. */
    static final int CANCEL = 4;
    /** Closes the open file; the answer comes when that is done. */
    static final int CLOSE = 5;

    /** The argument's address can be read: its bytes come along. */
    static final int READABLE = 1;
    /** The argument's address can be written. */
    static final int WRITABLE = 2;

    /** Bytes before those of the argument. */
    static final int HEADER = 64;
    /** The most bytes of an argument, in or out. */
    static final int MOST_BYTES = 512;
    /** Bytes of a token. */
    static final int TOKEN = 16;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Reads a packet.
     *
     * @throws HsmException
     *             EINVAL for what is none
     */
    static Request of(byte[] packet) {
        MemorySegment from = MemorySegment.ofArray(packet);
        if (packet.length < HEADER || from.get(INT, 20) != packet.length - HEADER
                || packet.length - HEADER > MOST_BYTES) {
            throw new HsmException(Errno.EINVAL, "hsm socket",
                    "a packet of " + packet.length + " bytes is no request of protocol version " + VERSION);
        }
        return new Request(from.get(INT, 0), from.get(INT, 4), from.get(LONG, 8), from.get(INT, 16), from.get(LONG, 24),
                from.get(LONG, 32), from.get(LONG, 40), Tokens.text(Arrays.copyOfRange(packet, 48, HEADER)),
                Arrays.copyOfRange(packet, HEADER, packet.length));
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /**
     * {@return an answer}
     *
     * <pre>
     *    0        4
     *   +--------+--------+
     *   | result | bytes  |   then what is written to the argument's address
     *   +--------+--------+
     * </pre>
     *
     * @param result
     *            0 or a negative error number
     */
    static byte[] answer(int result, byte[] out) {
        byte[] packet = new byte[2 * Integer.BYTES + out.length];
        MemorySegment to = MemorySegment.ofArray(packet);
        to.set(INT, 0, result);
        to.set(INT, Integer.BYTES, out.length);
        System.arraycopy(out, 0, packet, 2 * Integer.BYTES, out.length);
        return packet;
    }
}
