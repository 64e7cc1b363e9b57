package org.cupule.tck.hsm;

import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/** A clock that counts how often it was read: a nanosecond each time. */
final class StandingClock implements VmClock {
    private final java.util.concurrent.atomic.AtomicLong nanos = new java.util.concurrent.atomic.AtomicLong();

    @Override
    public long nanos() {
        return nanos.incrementAndGet();
    }

    @Override
    public long epochSeconds() {
        return 0;
    }

    @Override
    public VmTimer timer(Runnable action) {
        throw new UnsupportedOperationException("the HSM arms no timers");
    }
}
