package org.cupule.machine.device;

import java.util.Objects;
import org.cupule.device.Network;
import org.cupule.machine.stream.Wire;

/**
 * One generation of a device's network.
 *
 * @threading confined to the device's gate
 */
final class LiveNetwork implements Network {
    private static final int HEADER = 14;

    private final LiveContext context;
    private final Wire wire;

    LiveNetwork(LiveContext context, Wire wire) {
        this.context = context;
        this.wire = wire;
    }

    @Override
    public void send(byte[] frame, int from, int lengthBytes) {
        context.checkLive("its network");
        Objects.checkFromIndexSize(from, lengthBytes, frame.length);
        if (lengthBytes >= HEADER && lengthBytes <= MOST_BYTES) {
            wire.send(frame, from, lengthBytes);
        }
    }

    @Override
    public int receive(byte[] target, int from) {
        context.check();
        Objects.checkFromIndexSize(from, MOST_BYTES, target.length);
        return context.live() ? wire.receive(target, from) : -1;
    }

    @Override
    public void onFrame(Runnable action) {
        context.onInput(action);
    }
}
