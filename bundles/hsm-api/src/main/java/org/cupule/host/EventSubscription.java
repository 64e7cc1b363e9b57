package org.cupule.host;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * One listener of one event counter.
 *
 * <pre>
 *   LISTENING --close--> ENDED           returns when the listener is not inside, and calls it no more
 *       |
 *       '----hang-up---> ENDED           the listener hears hungUp(), once
 * </pre>
 *
 * <p>
 * Who makes counters calls {@link #signalled} and {@link #hangUp}; the owner of the subscription calls the rest. Its
 * lock is the listener's gate: calls enter one at a time, and the end waits for the one that is inside.
 *
 * @threading any thread
 */
public final class EventSubscription implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EventSubscription.class.getName());
    private static final long CLOSE_SECONDS = 10;

    private final EventFd.Listener listener;
    private final EventCounter counter;
    private final Consumer<EventSubscription> onEnd;
    private final ReentrantLock gate = new ReentrantLock();
    /** Written under the gate, except by close(), which may have to give the gate up. */
    private volatile boolean ended;

    /** Makes a subscription. */
    EventSubscription(EventFd.Listener listener, EventCounter counter, Consumer<EventSubscription> onEnd) {
        this.listener = listener;
        this.counter = counter;
        this.onEnd = onEnd;
    }

    /** There was a signal. */
    public void signalled() {
        gate.lock();
        try {
            if (!ended) {
                listener.signalled();
            }
        } catch (RuntimeException | Error failure) {
            LOG.log(System.Logger.Level.WARNING, "a listener of an event counter failed", failure);
        } finally {
            gate.unlock();
        }
    }

    /** The last handle was closed. */
    void hangUp() {
        gate.lock();
        try {
            if (!ended) {
                ended = true;
                listener.hungUp();
            }
        } catch (RuntimeException | Error failure) {
            LOG.log(System.Logger.Level.WARNING, "a listener failed on the hang-up of its event counter", failure);
        } finally {
            gate.unlock();
            onEnd.accept(this);
        }
    }

    /** {@return whether it has ended, by {@link #close} or by hang-up} */
    public boolean ended() {
        return ended;
    }

    /**
     * Ends it. Returns when the listener is not inside; called from inside the listener it returns at once.
     *
     * @throws HsmException
     *             ETIMEDOUT when the listener has not returned for 10 s; it is not called again
     */
    @Override
    public void close() {
        ended = true;
        try {
            awaitOutside();
        } finally {
            onEnd.accept(this);
        }
    }

    /** Ends it as {@link #close} does, and takes the count, as the end of an irqfd does. @return the count before */
    public long closeAndTake() {
        if (ended) {
            close();
            return 0;
        }
        ended = true;
        try {
            awaitOutside();
            return counter.take();
        } finally {
            onEnd.accept(this);
        }
    }

    private void awaitOutside() {
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        boolean outside = false;
        while (!outside && System.nanoTime() - deadline < 0) {
            try {
                outside = gate.tryLock(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!outside) {
            throw new HsmException(Errno.ETIMEDOUT, "close",
                    "a listener of an event counter has not returned for " + CLOSE_SECONDS + " s");
        }
        gate.unlock();
    }
}
