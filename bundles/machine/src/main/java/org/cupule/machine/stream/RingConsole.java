package org.cupule.machine.stream;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;
import org.cupule.machine.Console;
import org.cupule.state.ModelState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A console of two rings: the last 64 KiB of output, and input that waits for the device.
 *
 * @threading any thread; output and input have a lock each, and a receiver is called under the output's
 */
public final class RingConsole implements Console, Backing {
    private static final Logger LOG = LoggerFactory.getLogger(RingConsole.class);
    private static final int RING_BYTES = 64 << 10;

    private final ByteRing output = new ByteRing(RING_BYTES);
    private final CopyOnWriteArrayList<IntConsumer> receivers = new CopyOnWriteArrayList<>();
    /** How many of the newest bytes of {@link #output} nobody has received. */
    private int unheard;

    private final Object inputLock = new Object();
    private final ByteRing input = new ByteRing(RING_BYTES);
    private Runnable arrival = () -> {
    };
    /** The device looked for a byte in vain: the next one is announced. */
    private boolean starved = true;

    @Override
    public synchronized boolean write(int value) {
        output.add(value);
        if (receivers.isEmpty()) {
            unheard = Math.min(unheard + 1, RING_BYTES);
            return true;
        }
        for (IntConsumer receiver : receivers) {
            deliver(receiver, value);
        }
        return true;
    }

    private void deliver(IntConsumer receiver, int value) {
        try {
            receiver.accept(value & 0xFF);
        } catch (RuntimeException e) {
            receivers.remove(receiver);
            LOG.error("a receiver of console output failed and was detached", e);
        }
    }

    @Override
    public synchronized AutoCloseable attach(IntConsumer receiver) {
        receivers.add(receiver);
        for (byte value : output.newest(unheard)) {
            deliver(receiver, value);
        }
        unheard = 0;
        return () -> detach(receiver);
    }

    private synchronized void detach(IntConsumer receiver) {
        receivers.remove(receiver);
    }

    @Override
    public synchronized byte[] recent() {
        return output.newest(RING_BYTES);
    }

    @Override
    public int send(byte[] bytes, int from, int lengthBytes) {
        int taken = 0;
        Runnable announce = null;
        synchronized (inputLock) {
            for (; taken < lengthBytes && !input.full(); taken++) {
                input.add(bytes[from + taken]);
            }
            if (starved && taken > 0) {
                starved = false;
                announce = arrival;
            }
        }
        if (announce != null) {
            announce.run();
        }
        return taken;
    }

    @Override
    public int read() {
        synchronized (inputLock) {
            int value = input.take();
            starved |= value < 0;
            return value;
        }
    }

    @Override
    public void onInput(Runnable action) {
        synchronized (inputLock) {
            arrival = action;
        }
    }

    /** {@return what was said, and what waits to be read: state kind {@code console}, version 1} */
    public ModelState save() {
        byte[] said;
        int waiting;
        synchronized (this) {
            said = output.newest(RING_BYTES);
            waiting = unheard;
        }
        synchronized (inputLock) {
            return ModelState.of("console", 1).put("output", said).put("unheard", waiting)
                    .put("input", input.newest(RING_BYTES)).build();
        }
    }

    /** Begins with what was saved. */
    public void restore(ModelState state) {
        synchronized (this) {
            add(output, state.bytes("output"));
            unheard = (int) state.number("unheard", 0, output.count());
        }
        synchronized (inputLock) {
            add(input, state.bytes("input"));
        }
    }

    private static void add(ByteRing ring, byte[] bytes) {
        for (byte value : bytes) {
            ring.add(value);
        }
    }

    @Override
    public void close() {
        // What was kept can still be read.
    }
}
