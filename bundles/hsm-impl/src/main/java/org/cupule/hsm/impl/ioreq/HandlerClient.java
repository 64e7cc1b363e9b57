package org.cupule.hsm.impl.ioreq;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client with a handler. A handler that throws is tried again, a bounded number of times; then reads get all ones.
 *
 * <p>
 * A vCPU's slot and its route cache know their last client until the vCPU's next access, which may never come. So a
 * client that is closed lets go of its handler, and with it of the classes of the plug-in that it is from.
 *
 * @threading any thread
 */
abstract sealed class HandlerClient extends Client implements IoClient permits InlineClient, ThreadedClient {
    /** How often a failed call is repeated. */
    static final int RETRIES = 3;

    private static final Logger LOG = LoggerFactory.getLogger(HandlerClient.class);
    private static final long ALL_ONES = -1;
    private static final long MAX_PAUSE_NANOS = 1_000_000;

    /** What a client has that was closed. */
    private static final IoHandler GONE = access -> ALL_ONES;

    final ClientRegistry registry;
    private final Answers answers;
    /** Plain: it changes when no request is with this client any more, or when each was taken from it. */
    private IoHandler handler;
    private volatile boolean closedFromInside;
    private final boolean fallback;
    private final AtomicLong failures = new AtomicLong();

    HandlerClient(String name, long order, IoHandler handler, boolean fallback, ClientRegistry registry,
            Answers answers) {
        super(name, order, registry.slots().count());
        this.handler = handler;
        this.fallback = fallback;
        this.registry = registry;
        this.answers = answers;
    }

    /** Calls the handler and answers. */
    final void handle(Slot slot, long generation) {
        long value;
        try {
            value = handler.handle(slot);
        } catch (Throwable failure) { // a plug-in may throw anything; the guest and the host live on
            value = again(slot, generation, failure);
        }
        answers.answer(slot, generation, value);
        if (closedFromInside) {
            letGoWhenUnused();
        }
    }

    /**
     * It was closed from inside its handler: the last call that returns lets go. Of two that return at once, one sees
     * that the other has answered: both answers are compare-and-set operations, and come before the looks.
     */
    private void letGoWhenUnused() {
        registry.slots().awaitRouted(); // what was routed before the close is not with the client yet
        if (!registry.slots().any(slot -> slot.with(this))) {
            letGo();
        }
    }

    /** Holds its handler no more; who has a request of it yet must not be able to answer it. */
    final void letGo() {
        handler = GONE;
    }

    private long again(Slot slot, long generation, Throwable first) {
        Throwable last = first;
        for (int attempt = 1; attempt <= RETRIES && slot.serving(generation); attempt++) {
            try {
                return handler.handle(slot);
            } catch (Throwable failure) {
                last = failure;
            }
        }
        report(slot, last);
        return ALL_ONES;
    }

    private void report(Slot slot, Throwable failure) {
        if (failures.incrementAndGet() == 1) {
            LOG.warn("client '{}' failed {} times on {}; reads get all ones from now on when it fails", clientName(),
                    RETRIES + 1, text(slot), failure);
        } else {
            LOG.debug("client '{}' failed on {}", clientName(), text(slot), failure);
        }
    }

    private static String text(Slot slot) {
        return "%s of %d bytes, type %d, at 0x%x by vCPU %d".formatted(slot.write() ? "a write" : "a read", slot.size(),
                slot.type(), slot.traceAddress(), slot.vcpu());
    }

    @Override
    final boolean fallback() {
        return fallback;
    }

    @Override
    final long failures() {
        return failures.get();
    }

    @Override
    public final String name() {
        return clientName();
    }

    @Override
    public final void add(IoRange range) {
        if (fallback) {
            throw new HsmException(Errno.EINVAL, "add",
                    "'" + clientName() + "' is the default client: it gets what no range claims, " + range
                            + " cannot be added; add it to a client of its own");
        }
        registry.add(this, range);
    }

    @Override
    public final void remove(IoRange range) {
        registry.remove(this, range);
    }

    @Override
    public final void close() {
        registry.remove(this);
        if (inside(Thread.currentThread())) {
            closedFromInside = true;
            stop(); // who waited here would wait for itself
            return;
        }
        long deadline = System.nanoTime() + registry.removalNanos();
        registry.slots().awaitRouted();
        boolean empty = await(() -> !registry.slots().any(slot -> slot.with(this)), deadline);
        stop();
        if (!empty || !await(this::stopped, deadline)) {
            abandon();
            throw new HsmException(Errno.ETIMEDOUT, "close", "a handler of client '" + clientName()
                    + "' has not returned for " + TimeUnit.NANOSECONDS.toMillis(registry.removalNanos())
                    + " ms; it gets no further requests, and what it had was answered with all ones");
        }
        letGo();
    }

    @Override
    public final void abandon() {
        registry.remove(this);
        registry.slots().awaitRouted();
        stop();
        for (int vcpu = 0; vcpu < registry.slots().count(); vcpu++) {
            giveUp(vcpu);
        }
        letGo();
    }

    private void giveUp(int vcpu) {
        Thread inside = servant(registry.slots().slot(vcpu));
        Slot slot = registry.slots().takeFrom(this, vcpu);
        if (slot == null) {
            return;
        }
        dropped(vcpu);
        failures.incrementAndGet();
        LOG.warn("client '{}' is given up: thread {} is still inside on {}; it is left behind", clientName(),
                inside == null ? "of another request" : inside.getName(), text(slot));
        answers.answerForLost(slot);
        if (inside != null) {
            registry.leaveBehind(inside);
        }
    }

    /** {@return the thread that is inside the handler, or about to be, with this request} */
    @Nullable
    abstract Thread servant(Slot slot);

    /** {@return whether this thread is inside the handler} */
    abstract boolean inside(Thread thread);

    /** Ends the client's thread, if it has one, after the request that it is at. */
    abstract void stop();

    /** {@return whether nothing of the client runs any more} */
    abstract boolean stopped();

    /** Waits for a condition, whether interrupted or not. @return false when the deadline has passed */
    private boolean await(BooleanSupplier condition, long deadline) {
        boolean interrupted = false;
        long pauseNanos = 1000;
        while (!condition.getAsBoolean() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(this, pauseNanos);
            interrupted |= Thread.interrupted();
            pauseNanos = Math.min(pauseNanos * 2, MAX_PAUSE_NANOS);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return condition.getAsBoolean();
    }
}
