package org.cupule.machine.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A bounded queue of bytes, of which any of the first can be looked at.
 *
 * @threading confined to the network's thread
 */
final class Ring {
    private final byte[] bytes;
    private int first;
    private int count;

    Ring(int capacity) {
        bytes = new byte[capacity];
    }

    int count() {
        return count;
    }

    int free() {
        return bytes.length - count;
    }

    /** Adds bytes; there is room for them. */
    void add(byte[] source, int from, int lengthBytes) {
        for (int done = 0; done < lengthBytes;) {
            int at = (first + count) % bytes.length;
            int part = Math.min(lengthBytes - done, bytes.length - at);
            System.arraycopy(source, from + done, bytes, at, part);
            count += part;
            done += part;
        }
    }

    /** Copies bytes from a place behind the first; they are there. */
    void copy(int offset, byte[] target, int to, int lengthBytes) {
        for (int done = 0; done < lengthBytes;) {
            int at = (first + offset + done) % bytes.length;
            int part = Math.min(lengthBytes - done, bytes.length - at);
            System.arraycopy(bytes, at, target, to + done, part);
            done += part;
        }
    }

    /** Takes the first bytes away. */
    void drop(int lengthBytes) {
        first = (first + lengthBytes) % bytes.length;
        count -= lengthBytes;
    }

    /** Writes what the channel takes now. */
    void writeTo(WritableByteChannel channel) throws IOException {
        int written = 1;
        while (count > 0 && written > 0) {
            written = channel.write(ByteBuffer.wrap(bytes, first, Math.min(count, bytes.length - first)));
            drop(written);
        }
    }

    /** Reads what there is room for. @return whether the channel has ended */
    boolean readFrom(ReadableByteChannel channel) throws IOException {
        int read = 1;
        while (free() > 0 && read > 0) {
            int at = (first + count) % bytes.length;
            int room = Math.min(free(), bytes.length - at);
            read = channel.read(ByteBuffer.wrap(bytes, at, room));
            count += Math.max(read, 0);
        }
        return read < 0;
    }
}
