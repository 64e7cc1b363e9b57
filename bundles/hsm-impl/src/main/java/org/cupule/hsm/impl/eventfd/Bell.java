package org.cupule.hsm.impl.eventfd;

import java.util.concurrent.atomic.AtomicLong;
import org.cupule.host.EventFd;
import org.cupule.hsm.eventfd.EventFds.IoEventFdInfo;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.types.AddressSpace;
import org.jspecify.annotations.Nullable;

/**
 * One ioeventfd: what a guest writes, and whom that signals. It refers to its counter without being a handle of it, so
 * closing the handle changes nothing ({@code hsm.md} 12.4).
 *
 * @threading any thread
 */
final class Bell {
    final EventFd eventFd;
    final IoEventFd spec;
    private final Offload.@Nullable Taken taken;
    private final EventFd.Signaller signaller;
    private final long match;
    private final boolean any;
    private final AtomicLong signals = new AtomicLong();

    Bell(EventFd eventFd, IoEventFd spec, Offload.@Nullable Taken taken, EventFd.Signaller signaller) {
        this.eventFd = eventFd;
        this.spec = spec;
        this.taken = taken;
        this.signaller = signaller;
        this.any = spec.match().isEmpty();
        this.match = spec.match().orElse(0);
    }

    boolean conflicts(EventFd other, IoEventFd wanted) {
        return eventFd.same(other) && spec.conflicts(wanted);
    }

    boolean port() {
        return spec.space() == AddressSpace.PORTIO;
    }

    boolean fits(int size, long value) {
        return size <= spec.lengthBytes() && (any || value == match);
    }

    void ring() {
        signals.incrementAndGet();
        signaller.signal();
    }

    boolean offloaded() {
        return taken != null;
    }

    void release() {
        signaller.close();
        if (taken != null) {
            taken.close();
        }
    }

    IoEventFdInfo info() {
        return new IoEventFdInfo(eventFd.toString(), spec, signals.get(), offloaded());
    }
}
