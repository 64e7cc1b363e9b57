package org.cupule.hv.sim;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.cupule.hypervisor.Partition.State;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * The state of one partition, and who may change it.
 *
 * <p>
 * Whoever wants to change the state takes the life lock. A vCPU that cannot go on stops the partition without it
 * ({@link #halt}), since others may hold the lock while they wait for that vCPU to stand still.
 *
 * @threading any thread
 */
final class Life {
    private final String name;
    private final SimClock clock;
    private final Rendezvous rendezvous;
    private final ReentrantLock lock = new ReentrantLock();
    private List<Vcpu> vcpus = List.of();
    private volatile State state = State.CREATED;
    private volatile @Nullable String reason;

    Life(String name, SimClock clock, Rendezvous rendezvous) {
        this.name = name;
        this.clock = clock;
        this.rendezvous = rendezvous;
    }

    /** Tells whose threads would wait for themselves; once, before anything else. */
    void of(List<Vcpu> all) {
        vcpus = all;
    }

    State state() {
        return state;
    }

    boolean running() {
        return state == State.RUNNING;
    }

    boolean over() {
        return state == State.POWERED_OFF;
    }

    /** {@return why it cannot go on by itself, or null} */
    @Nullable
    String reason() {
        return reason;
    }

    /** To a state in which no vCPU runs. */
    void become(State next) {
        state = next;
    }

    /** Notes why it cannot go on by itself; null when it can. */
    void reason(@Nullable String sentence) {
        reason = sentence;
    }

    /** To RUNNING. Under the life lock. */
    void go() {
        reason = null;
        state = State.RUNNING;
        clock.release(SimClock.NOT_RUNNING);
        rendezvous.open(Rendezvous.NOT_RUNNING);
    }

    /** To PAUSED, without waiting for the vCPUs. */
    void halt() {
        rendezvous.close(Rendezvous.NOT_RUNNING);
        clock.hold(SimClock.NOT_RUNNING);
        state = State.PAUSED;
    }

    /** Runs a change under the life lock, but not for a vCPU's own thread, which would wait for itself. */
    void change(String operation, Runnable action) {
        refuseOwnThread(operation);
        locked(action);
    }

    /** Runs an action under the life lock. */
    void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    /** Takes the life lock, with a deadline; {@link #unlock} gives it back. */
    void lock(String operation, long deadlineNanos) {
        try {
            if (lock.tryLock(deadlineNanos, TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new HsmException(Errno.ETIMEDOUT, operation, "another change of " + name + " did not end in time");
    }

    void unlock() {
        lock.unlock();
    }

    /** Refuses with EPERM, the hypervisor's generic failure. */
    void refuseUnless(boolean allowed, String operation) {
        if (!allowed) {
            throw new HsmException(Errno.EPERM, operation, name + " is " + state);
        }
    }

    /** Refuses who would wait for itself. */
    void refuseOwnThread(String operation) {
        if (ownThread()) {
            throw new HsmException(Errno.EBUSY, operation,
                    "called on a vCPU's thread of " + name + ", inside a request: let another thread do it");
        }
    }

    /** {@return whether the caller is a vCPU's thread, inside an upcall} */
    boolean ownThread() {
        return vcpus.stream().anyMatch(Vcpu::mine);
    }
}
