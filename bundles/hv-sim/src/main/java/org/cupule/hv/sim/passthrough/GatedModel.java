package org.cupule.hv.sim.passthrough;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.cupule.pci.HostDeviceModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device of a plug-in behind its gate: one call at a time, none after the end. An exception is answered with all
 * ones; after repeated failure the device is left alone. So it is when a call does not return in time: who waits at the
 * gate, and who comes later, gets all ones, and the thread inside is left behind.
 *
 * <p>
 * A thread of its own looks several times within the time that a call may take; what counts is that all looks see the
 * same call, so a host that stood still meanwhile does no harm.
 *
 * @threading any thread
 */
final class GatedModel {
    private static final Logger LOG = LoggerFactory.getLogger(GatedModel.class);
    private static final long ALL_ONES = -1;
    /** Failures in a row after which the device is left alone. */
    private static final int MOST_FAILURES = 8;
    private static final int LOOKS = 8;
    private static final long NAP_MILLIS = 20;

    private final String name;
    private final HostDeviceModel model;
    private final LongSupplier callNanos;
    private final Consumer<Thread> onGivenUp;
    private final ReentrantLock gate = new ReentrantLock();
    private int failures;
    private volatile boolean over;
    /** Who is inside, and how many calls there were: written inside, read by who looks. */
    private volatile @Nullable Thread insider;
    private volatile long calls;

    /**
     * Puts a model behind a gate, and looks after its calls.
     *
     * @param callNanos
     *            how long a call may take, asked anew for each look
     * @param onGivenUp
     *            told of the thread that is inside a call that does not return
     */
    GatedModel(String name, HostDeviceModel model, LongSupplier callNanos, Consumer<Thread> onGivenUp) {
        this.name = name;
        this.model = model;
        this.callNanos = callNanos;
        this.onGivenUp = onGivenUp;
        Thread.ofVirtual().name("watch-" + name).start(this::watch);
    }

    private void watch() {
        long seen = 0;
        for (int looks = 0; !over;) {
            LockSupport.parkNanos(callNanos.getAsLong() / LOOKS);
            long now = calls;
            Thread inside = insider;
            looks = inside != null && now == seen ? looks + 1 : 0;
            seen = now;
            if (looks > LOOKS && inside != null && now == calls) {
                giveUp(inside);
            }
        }
    }

    private void giveUp(Thread stuck) {
        over = true;
        LOG.error(
                "device {} of the host is given up: a call on thread {} has not returned for {} ms; it is left behind",
                name, stuck.getName(), TimeUnit.NANOSECONDS.toMillis(callNanos.getAsLong()));
        onGivenUp.accept(stuck);
    }

    long read(int region, long offset, int size) {
        long[] value = {ALL_ONES};
        enter(() -> value[0] = model.read(region, offset, size));
        return value[0];
    }

    void write(int region, long offset, int size, long value) {
        enter(() -> model.write(region, offset, size, value));
    }

    void reset() {
        enter(model::reset);
    }

    /** Runs an action inside the gate: a timer's. */
    void enter(Runnable action) {
        if (gate.isHeldByCurrentThread()) {
            return; // a device cannot come back into itself
        }
        if (!arrived()) {
            return;
        }
        try {
            if (!over) {
                calls++; // inside: by one thread at a time
                insider = Thread.currentThread();
                action.run();
                failures = 0;
            }
        } catch (RuntimeException | Error failure) { // a plug-in may throw anything; the guest and the host live on
            failed(failure);
        } finally {
            insider = null;
            gate.unlock();
        }
    }

    /** Waits at the gate. {@return whether the caller is inside; if not, the device is given up} */
    private boolean arrived() {
        boolean interrupted = false;
        try {
            while (!over) {
                try {
                    if (gate.tryLock() || gate.tryLock(NAP_MILLIS, TimeUnit.MILLISECONDS)) {
                        return true;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void failed(Throwable failure) {
        if (++failures == 1) {
            LOG.warn("device {} of the host failed; the guest reads all ones", name, failure);
        }
        if (failures == MOST_FAILURES) {
            over = true;
            LOG.error("device {} of the host failed {} times and is left alone", name, MOST_FAILURES);
        }
    }

    /** {@return whether it is not called any more} */
    boolean over() {
        return over;
    }

    /** Lets the device go; it is not called afterwards. */
    void close() {
        enter(() -> {
            over = true;
            model.close();
        });
        over = true;
    }
}
