package org.cupule.tck.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.cupule.device.Network;

/**
 * The host's end of a network: keeps what the device sends, and sends it frames.
 *
 * @threading confined to the test
 */
public final class FakeNetwork implements Network {
    private final List<byte[]> sent = new ArrayList<>();
    private final Queue<byte[]> waiting = new ArrayDeque<>();
    private boolean starving = true;
    private Runnable onFrame = () -> {
    };

    @Override
    public void send(byte[] frame, int from, int lengthBytes) {
        sent.add(java.util.Arrays.copyOfRange(frame, from, from + lengthBytes));
    }

    @Override
    public int receive(byte[] target, int from) {
        byte[] frame = waiting.poll();
        starving = frame == null;
        if (frame == null) {
            return -1;
        }
        System.arraycopy(frame, 0, target, from, frame.length);
        return frame.length;
    }

    @Override
    public void onFrame(Runnable action) {
        onFrame = action;
    }

    /** Brings a frame. */
    public void bring(byte... frame) {
        waiting.add(frame.clone());
        if (starving) {
            starving = false;
            onFrame.run();
        }
    }

    /** {@return the frames that the device has sent} */
    public List<byte[]> sent() {
        return sent;
    }

    /** {@return how many frames the device has not fetched} */
    public int waiting() {
        return waiting.size();
    }

    Runnable heard() {
        return onFrame;
    }

    void copyFrom(FakeNetwork other) {
        sent.addAll(other.sent);
        waiting.addAll(other.waiting);
        starving = other.starving;
    }
}
