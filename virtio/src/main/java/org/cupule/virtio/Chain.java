package org.cupule.virtio;

import org.cupule.device.DmaMemory;

/**
 * One request: buffers of the guest that the device reads, then buffers that it writes, each in any number of pieces.
 * It was taken out of a queue and goes back by {@link Virtqueue#push}, and must not be used afterwards.
 *
 * @threading confined to the device's gate
 */
public final class Chain {
    private final DmaMemory dma;
    private final long[] addresses;
    private final long[] lengths;
    private int head;
    private int pieces;
    private int readablePieces;
    private long readableBytes;
    private long writableBytes;

    Chain(DmaMemory dma, int capacity) {
        this.dma = dma;
        this.addresses = new long[capacity];
        this.lengths = new long[capacity];
    }

    void begin(int first) {
        head = first;
        pieces = 0;
        readablePieces = 0;
        readableBytes = 0;
        writableBytes = 0;
    }

    /** Adds a piece. @return false when there is no room, or when a readable piece comes behind a writable one */
    boolean add(long gpa, long lengthBytes, boolean writable) {
        if (pieces == addresses.length || !writable && pieces > readablePieces) {
            return false;
        }
        addresses[pieces] = gpa;
        lengths[pieces++] = lengthBytes;
        if (writable) {
            writableBytes += lengthBytes;
        } else {
            readablePieces++;
            readableBytes += lengthBytes;
        }
        return true;
    }

    /** {@return the index of its first descriptor, by which queue and driver know it} */
    public int head() {
        return head;
    }

    /** {@return how many bytes the device may read: less than 2^42} */
    public long readableBytes() {
        return readableBytes;
    }

    /** {@return how many bytes the device may write: less than 2^42} */
    public long writableBytes() {
        return writableBytes;
    }

    /**
     * Copies from the readable part.
     *
     * @param offset
     *            in the readable part
     * @return false when it ends before, or not all of it is RAM
     */
    public boolean read(long offset, byte[] target, int from, int lengthBytes) {
        return offset >= 0 && offset + lengthBytes <= readableBytes
                && copy(0, offset, target, from, lengthBytes, false);
    }

    /** Copies to the writable part; the arguments as for {@link #read}. */
    public boolean write(long offset, byte[] source, int from, int lengthBytes) {
        return offset >= 0 && offset + lengthBytes <= writableBytes
                && copy(readablePieces, offset, source, from, lengthBytes, true);
    }

    private boolean copy(int firstPiece, long offset, byte[] bytes, int from, int lengthBytes, boolean toGuest) {
        int piece = firstPiece;
        long skip = offset;
        int done = 0;
        while (done < lengthBytes) {
            if (skip >= lengths[piece]) {
                skip -= lengths[piece++];
                continue;
            }
            int part = (int) Math.min(lengthBytes - done, lengths[piece] - skip);
            long gpa = addresses[piece] + skip;
            if (!(toGuest ? dma.write(gpa, bytes, from + done, part) : dma.read(gpa, bytes, from + done, part))) {
                return false;
            }
            done += part;
            skip += part;
        }
        return true;
    }
}
