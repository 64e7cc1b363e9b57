package org.cupule.hsm.impl.eventfd;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.cupule.host.EventFd;
import org.cupule.host.EventSubscription;
import org.cupule.hsm.eventfd.EventFds.IrqFdInfo;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One irqfd. It is in its VM's list before it is hooked to its counter, so two ends meet:
 *
 * <pre>
 *   hook:   NEW --listen--> subscription          end:  NEW or subscription --> ENDED
 *           ENDED: unhook at once, as the end would have done
 * </pre>
 *
 * @threading any thread; injection on the thread that signals, or the host's
 */
final class IrqFd implements EventFd.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(IrqFd.class);
    private static final Object NEW = new Object();
    private static final Object ENDED = new Object();

    final EventFd eventFd;
    private final Msi msi;
    private final Consumer<Msi> inject;
    private final Consumer<IrqFd> onHangUp;
    private final AtomicReference<Object> hook = new AtomicReference<>(NEW);
    private final AtomicLong injections = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private volatile Offload.@Nullable Taken offloaded;

    IrqFd(EventFd eventFd, Msi msi, Consumer<Msi> inject, Consumer<IrqFd> onHangUp) {
        this.eventFd = eventFd;
        this.msi = msi;
        this.inject = inject;
        this.onHangUp = onHangUp;
    }

    /** Begins to listen, or lets the hypervisor. */
    void hook(Offload offload) {
        Optional<Offload.Taken> taken = offload.assign(eventFd, msi);
        taken.ifPresent(it -> offloaded = it);
        EventSubscription subscription = taken.isPresent() ? eventFd.onHangUp(this::hungUp) : eventFd.listen(this);
        if (!hook.compareAndSet(NEW, subscription)) {
            unhook(subscription); // it was ended meanwhile
        }
    }

    @Override
    public void signalled() {
        if (hook.get() == ENDED) {
            return;
        }
        try {
            inject.accept(msi);
            injections.incrementAndGet();
        } catch (RuntimeException | Error refused) { // not the affair of who signals (hsm.md 12.6)
            failures.incrementAndGet();
            LOG.debug("{} was not injected for {}", msi, eventFd, refused);
        }
    }

    @Override
    public void hungUp() {
        onHangUp.accept(this);
    }

    /** Ends it; afterwards nothing is injected, and the count is 0. Only the first call does something. */
    void end() {
        if (hook.getAndSet(ENDED) instanceof EventSubscription subscription) {
            unhook(subscription);
        }
    }

    private void unhook(EventSubscription subscription) {
        Offload.Taken taken = offloaded;
        if (taken != null) {
            taken.close();
            subscription.close();
        } else {
            subscription.closeAndTake();
        }
    }

    IrqFdInfo info() {
        return new IrqFdInfo(eventFd.toString(), msi, injections.get(), failures.get(), offloaded != null);
    }
}
