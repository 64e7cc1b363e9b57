package org.cupule.dev.virtio.net;

import java.util.Arrays;
import java.util.HexFormat;
import org.cupule.device.Network;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.virtio.Chain;
import org.cupule.virtio.Feature;
import org.cupule.virtio.VirtioModel;
import org.cupule.virtio.VirtioPort;
import org.cupule.virtio.Virtqueue;
import org.jspecify.annotations.Nullable;

/**
 * A card without offloads: each frame is whole, behind a header that says nothing.
 *
 * <pre>
 * configuration   00 address 6   06 status 2: bit 0, the link is up
 *
 * buffer          00 flags 1   01 gso_type 1   02 four lengths 8   0A num_buffers 2   0C the frame
 * </pre>
 *
 * <p>
 * A frame for the guest is fetched when there is a buffer for it: until then the host keeps it. The buffer is held
 * until there is a frame.
 *
 * @threading confined to the device's gate
 */
final class Card implements VirtioModel {
    private static final int RECEIVE = 0;
    private static final int MAC = 5;
    private static final int STATUS = 16;
    private static final int HEADER = 12;
    private static final int NUM_BUFFERS = 10;

    private final VirtioPort port;
    private final byte[] config;
    private final byte[] buffer = new byte[HEADER + Network.MOST_BYTES];
    private @Nullable Chain receiving;

    Card(VirtioPort port) {
        this.port = port;
        config = Arrays.copyOf(address(port.context().option("mac")), 8);
        config[6] = 1;
        port.context().network().onFrame(this::receive);
    }

    private static byte[] address(String text) {
        if (!text.matches("(?i)[0-9a-f][02468ace](:[0-9a-f]{2}){5}")) {
            throw new HsmException(Errno.EINVAL, "mac",
                    "'" + text + "' is no address of a card: six bytes like 52:54:00:12:34:56, the first one even");
        }
        return HexFormat.ofDelimiter(":").parseHex(text);
    }

    @Override
    public long features() {
        return Feature.bit(MAC) | Feature.bit(STATUS);
    }

    @Override
    public byte[] config() {
        return config;
    }

    @Override
    public void notified(int queue) {
        if (queue == RECEIVE) {
            receive();
        } else {
            transmit(queue);
        }
    }

    // ------------------------------------------------------------------ to the guest

    private void receive() {
        Virtqueue queue = port.queue(RECEIVE);
        for (int filled = 0; filled < queue.length(); filled++) {
            Chain chain = receiving == null ? queue.next() : receiving;
            receiving = chain;
            int length = chain == null ? -1 : port.context().network().receive(buffer, HEADER);
            if (chain == null || length < 0) {
                queue.signal();
                return;
            }
            receiving = fill(queue, chain, HEADER + length) ? null : chain;
        }
        queue.signal();
        port.context().post(this::receive);
    }

    /** {@return whether the buffer was used; a frame that does not fit into it is lost} */
    private boolean fill(Virtqueue queue, Chain chain, int lengthBytes) {
        if (chain.writableBytes() < lengthBytes) {
            return false;
        }
        Arrays.fill(buffer, 0, HEADER, (byte) 0);
        buffer[NUM_BUFFERS] = 1;
        if (chain.write(0, buffer, 0, lengthBytes)) {
            queue.push(chain, lengthBytes);
        } else {
            port.fail("a buffer for a frame is not in RAM");
        }
        return true;
    }

    // ------------------------------------------------------------------ from the guest

    private void transmit(int index) {
        Virtqueue queue = port.queue(index);
        for (int sent = 0; sent < queue.length(); sent++) {
            Chain chain = queue.next();
            if (chain == null) {
                queue.signal();
                return;
            }
            send(queue, chain);
        }
        queue.signal();
        port.context().post(() -> notified(index));
    }

    /** What is too long or too short for a frame is lost. */
    private void send(Virtqueue queue, Chain chain) {
        long length = chain.readableBytes();
        if (length > HEADER && length <= buffer.length) {
            if (!chain.read(0, buffer, 0, (int) length)) {
                port.fail("a buffer with a frame is not in RAM");
                return;
            }
            port.context().network().send(buffer, HEADER, (int) length - HEADER);
        }
        queue.push(chain, 0);
    }

    // ------------------------------------------------------------------ reset and state

    @Override
    public void reset() {
        receiving = null;
    }

    @Override
    public void resumed() {
        var held = port.queue(RECEIVE).takenBefore();
        receiving = held.isEmpty() ? null : held.getFirst();
        receive();
    }

    @Override
    public void save(ModelState.Builder state) {
        state.put("mac", Arrays.copyOf(config, 6));
    }

    @Override
    public void restore(ModelState state) {
        System.arraycopy(state.bytes("mac", 6), 0, config, 0, 6);
    }
}
