package org.cupule.hv.sim.passthrough;

import java.util.concurrent.locks.ReentrantLock;
import org.cupule.pci.HostDeviceModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device of a plug-in behind its gate: one call at a time, none after the end. An exception is answered with all
 * ones; after repeated failure the device is left alone.
 *
 * @threading any thread
 */
final class GatedModel {
    private static final Logger LOG = LoggerFactory.getLogger(GatedModel.class);
    private static final long ALL_ONES = -1;
    /** Failures in a row after which the device is left alone. */
    private static final int MOST_FAILURES = 8;

    private final String name;
    private final HostDeviceModel model;
    private final ReentrantLock gate = new ReentrantLock();
    private int failures;
    private volatile boolean over;

    GatedModel(String name, HostDeviceModel model) {
        this.name = name;
        this.model = model;
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
        gate.lock();
        try {
            if (!over) {
                action.run();
                failures = 0;
            }
        } catch (RuntimeException | Error failure) { // a plug-in may throw anything; the guest and the host live on
            failed(failure);
        } finally {
            gate.unlock();
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
