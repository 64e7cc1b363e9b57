package org.cupule.hv.sim;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes the vCPUs of a partition drop what they have cached of guest physical memory. Requests are numbered; each vCPU
 * remembers the newest one that concerns it and the newest one that it has done. Partitions that share memory share the
 * numbers.
 *
 * @threading any thread
 */
final class ShootDown {
    private static final int SPINS = 1000;
    private static final long POLL_NANOS = 20_000;

    private final AtomicLong requests;
    /** All who execute in the same memory: of this partition, and of those that share its memory. */
    private final List<Vcpu> neighbours;
    private List<Vcpu> vcpus = List.of();

    /** Makes that of a partition with memory of its own. */
    ShootDown() {
        this.requests = new AtomicLong();
        this.neighbours = new CopyOnWriteArrayList<>();
    }

    /** Makes that of a partition which lives in the memory of another one. */
    ShootDown(ShootDown owner) {
        this.requests = owner.requests;
        this.neighbours = owner.neighbours;
    }

    /** Tells who has caches; once, before anything else. */
    void of(List<Vcpu> all) {
        vcpus = all;
        neighbours.addAll(all);
    }

    /** The partition is gone. */
    void leave() {
        neighbours.removeAll(vcpus);
    }

    /** {@return how many there were} */
    long count() {
        return requests.get();
    }

    /**
     * Returns when no vCPU uses a translation from before the call. On a vCPU's own thread, it will flush before its
     * guest goes on.
     */
    void everywhere() {
        long number = requests.incrementAndGet();
        vcpus.forEach(vcpu -> vcpu.wantFlush(number));
        for (Vcpu vcpu : vcpus) {
            // A vCPU outside the guest has nothing in use, so this waits for the end of a block at most.
            for (int round = 0; !vcpu.flushed(number) && !vcpu.mine(); round++) {
                pass(round);
            }
        }
    }

    private void pass(int round) {
        if (round < SPINS) {
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(this, POLL_NANOS);
        }
    }

    /** As {@code CpuContext.requestFlush} of this vCPU. */
    long request(Vcpu asking) {
        long number = requests.incrementAndGet();
        for (Vcpu vcpu : neighbours) {
            if (vcpu != asking) {
                vcpu.wantFlush(number);
            }
        }
        return number;
    }

    /** As {@code CpuContext.flushed} of this vCPU. */
    boolean done(Vcpu asking, long number) {
        for (Vcpu vcpu : neighbours) {
            if (vcpu != asking && !vcpu.flushed(number)) {
                return false;
            }
        }
        return true;
    }
}
