package org.cupule.dev.virtio.rng;

import java.nio.charset.StandardCharsets;
import org.cupule.state.ModelState;
import org.cupule.virtio.Chain;
import org.cupule.virtio.VirtioModel;
import org.cupule.virtio.VirtioPort;
import org.cupule.virtio.Virtqueue;
import org.jspecify.annotations.Nullable;

/**
 * Fills buffers with random bytes. One request gets at most 4 KiB at a time: a driver takes what it gets.
 *
 * @threading confined to the device's gate
 */
final class Entropy implements VirtioModel {
    private static final int MOST_BYTES = 4096;
    private static final byte[] NO_CONFIG = {};

    private final VirtioPort port;
    private final Source source;
    private final byte[] bytes = new byte[MOST_BYTES];

    Entropy(VirtioPort port) {
        this.port = port;
        this.source = port.context().deterministic()
                ? new CountingSource(port.context().option("seed").getBytes(StandardCharsets.UTF_8))
                : new ChanceSource();
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public byte[] config() {
        return NO_CONFIG;
    }

    /** Serves as many requests as the queue can hold; a driver that gives more meanwhile waits for its turn. */
    @Override
    public void notified(int queue) {
        Virtqueue requests = port.queue(queue);
        Chain chain = requests.next();
        int served = 0;
        while (chain != null) {
            fill(requests, chain);
            chain = ++served < requests.length() ? requests.next() : later(queue);
        }
        requests.signal();
    }

    private @Nullable Chain later(int queue) {
        port.context().post(() -> notified(queue));
        return null;
    }

    private void fill(Virtqueue requests, Chain chain) {
        int length = (int) Math.min(MOST_BYTES, chain.writableBytes());
        source.fill(bytes, length);
        if (chain.write(0, bytes, 0, length)) {
            requests.push(chain, length);
        } else {
            port.fail("a buffer for random numbers is not in RAM");
        }
    }

    /** The numbers go on: a reset must not bring the same ones again. */
    @Override
    public void reset() {
        // What was given is not given again.
    }

    @Override
    public void save(ModelState.Builder state) {
        state.put("given", source.given());
    }

    @Override
    public void restore(ModelState state) {
        source.given(state.number("given", 0, Long.MAX_VALUE));
    }
}
