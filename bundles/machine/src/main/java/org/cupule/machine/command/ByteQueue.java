package org.cupule.machine.command;

import java.util.Arrays;

/**
 * A bounded queue of bytes between who must not wait and who may.
 *
 * @threading any thread
 */
final class ByteQueue {
    private static final int FIRST_BYTES = 4096;

    private final int most;
    private byte[] bytes = new byte[FIRST_BYTES];
    private int count;
    private long dropped;
    private boolean ended;

    ByteQueue(int most) {
        this.most = most;
    }

    /** Adds a byte; drops it when the queue is full. Never waits. */
    synchronized void put(int value) {
        if (count == most || ended) {
            dropped++;
            return;
        }
        if (count == bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.min(most, 2 * count));
        }
        bytes[count++] = (byte) value;
        notifyAll();
    }

    /** {@return all bytes that are there, after waiting for at least one; none when the queue has ended} */
    synchronized byte[] take() {
        boolean interrupted = false;
        while (count == 0 && !ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        byte[] taken = Arrays.copyOf(bytes, count);
        count = 0;
        return taken;
    }

    /** What is in it can still be taken. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Ends, and forgets what is in it. */
    synchronized void discard() {
        count = 0;
        end();
    }

    synchronized long dropped() {
        return dropped;
    }
}
