package org.cupule.dev.virtio.console;

import java.util.List;
import org.cupule.device.ByteStream;
import org.cupule.state.ModelState;
import org.cupule.time.VmTimer;
import org.cupule.virtio.Chain;
import org.cupule.virtio.Feature;
import org.cupule.virtio.VirtioModel;
import org.cupule.virtio.VirtioPort;
import org.cupule.virtio.Virtqueue;
import org.jspecify.annotations.Nullable;

/**
 * Port 0. A buffer for input is held until there is input; one with output, as long as the host takes no more.
 *
 * <pre>
 * configuration   00 columns 2   02 rows 2   04 max_nr_ports 4   08 emerg_wr 4: a write sends a byte at any time
 * </pre>
 *
 * @threading confined to the device's gate
 */
final class Port implements VirtioModel {
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int EMERG_WRITE = 2;
    private static final int EMERGENCY = 0x08;
    private static final int PART = 512;
    private static final int MOST_BYTES = 64 << 10;
    private static final long RETRY_NANOS = 1_000_000;
    private static final byte[] CONFIG = new byte[12];

    private final VirtioPort port;
    private final VmTimer retry;
    private final byte[] bytes = new byte[PART];
    private @Nullable Chain receiving;
    private @Nullable Chain sending;
    /** How many bytes of {@link #sending} the host has taken. */
    private long sent;
    private int budget;

    Port(VirtioPort port) {
        this.port = port;
        this.retry = port.context().timer("retry", this::transmit);
        stream().onInput(this::receive);
    }

    @Override
    public long features() {
        return Feature.bit(EMERG_WRITE);
    }

    @Override
    public byte[] config() {
        return CONFIG;
    }

    @Override
    public void configWritten(int offset, int size, long value) {
        if (offset == EMERGENCY) {
            stream().write((int) value & 0xFF);
        }
    }

    @Override
    public void notified(int queue) {
        if (queue == RECEIVE) {
            receive();
        } else {
            transmit();
        }
    }

    private ByteStream stream() {
        return port.context().stream();
    }

    // ------------------------------------------------------------------ to the guest

    /** Input is fetched as far as there are buffers for it: the rest waits with the host. */
    private void receive() {
        Virtqueue queue = port.queue(RECEIVE);
        for (int filled = 0; filled < queue.length(); filled++) {
            Chain chain = receiving == null ? queue.next() : receiving;
            receiving = chain;
            if (chain == null || !filled(queue, chain)) {
                queue.signal();
                return;
            }
        }
        queue.signal();
        port.context().post(this::receive);
    }

    /** {@return whether the buffer was given back; if not, there is no input now, or it is no RAM} */
    private boolean filled(Virtqueue queue, Chain chain) {
        int most = (int) Math.min(PART, chain.writableBytes());
        int count = 0;
        while (count < most) {
            int value = stream().read();
            if (value < 0) {
                break;
            }
            bytes[count++] = (byte) value;
        }
        if (count == 0 && most > 0) {
            return false;
        }
        receiving = null;
        if (!chain.write(0, bytes, 0, count)) {
            port.fail("a buffer for input is not in RAM");
            return false;
        }
        queue.push(chain, count);
        return true;
    }

    // ------------------------------------------------------------------ from the guest

    /** Sends a bounded number of bytes in a call, and goes on in the next one. */
    private void transmit() {
        Virtqueue queue = port.queue(TRANSMIT);
        budget = MOST_BYTES;
        for (int done = 0; done < queue.length() && budget > 0; done++) {
            Chain chain = sending == null ? queue.next() : sending;
            sending = chain;
            if (chain == null || !sent(queue, chain)) {
                queue.signal();
                return;
            }
        }
        queue.signal();
        port.context().post(this::transmit);
    }

    /** {@return whether to go on; if not, the host takes no more now, or it is no RAM} */
    private boolean sent(Virtqueue queue, Chain chain) {
        while (sent < chain.readableBytes()) {
            if (budget <= 0) {
                return true;
            }
            budget -= PART;
            int part = (int) Math.min(PART, chain.readableBytes() - sent);
            if (!chain.read(sent, bytes, 0, part)) {
                sending = null;
                port.fail("a buffer with output is not in RAM");
                return false;
            }
            int taken = taken(part);
            sent += taken;
            if (taken < part) {
                retry.arm(port.context().clock().nanos() + RETRY_NANOS);
                return false;
            }
        }
        sending = null;
        sent = 0;
        queue.push(chain, 0);
        return true;
    }

    private int taken(int count) {
        for (int i = 0; i < count; i++) {
            if (!stream().write(bytes[i] & 0xFF)) {
                return i;
            }
        }
        return count;
    }

    // ------------------------------------------------------------------ reset and state

    @Override
    public void reset() {
        retry.disarm();
        receiving = null;
        sending = null;
        sent = 0;
    }

    @Override
    public void resumed() {
        receiving = first(port.queue(RECEIVE).takenBefore());
        sending = first(port.queue(TRANSMIT).takenBefore());
        receive();
        if (retry.deadline() == VmTimer.NEVER) {
            transmit();
        }
    }

    private static @Nullable Chain first(List<Chain> chains) {
        return chains.isEmpty() ? null : chains.getFirst();
    }

    @Override
    public void save(ModelState.Builder state) {
        state.put("sent", sent);
    }

    @Override
    public void restore(ModelState state) {
        sent = state.number("sent", 0, Long.MAX_VALUE);
    }
}
