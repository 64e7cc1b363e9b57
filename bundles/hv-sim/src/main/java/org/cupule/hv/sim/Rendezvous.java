package org.cupule.hv.sim;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * Where all vCPUs of a partition stand still, so that something can be done to it: pause, reset, hardware swap, a split
 * lock. Also the gate that keeps them out while the partition does not run.
 *
 * <pre>
 *  vCPU:      mode = IN; read closed; if closed: mode = OUT, unpark the waiter, park until open
 *  requester: closed = true; attention to all; wait until every mode is OUT; act; closed = false; unpark all
 * </pre>
 *
 * Both sides write their own word before they read the other's, all volatile, so at least one sees the other. A vCPU
 * that is halted, waits for a start-up message, or waits on its slot, is OUT and counts as arrived. One that is inside
 * an upcall has not arrived: the call runs on its thread.
 *
 * @threading any thread; {@link #meet} not on a vCPU's thread unless that vCPU is OUT
 */
final class Rendezvous {
    /** Reason to be closed: the partition is not RUNNING. */
    static final int NOT_RUNNING = 1;
    /** Reason to be closed: a meeting. */
    static final int MEETING = 2;

    private static final int SPINS = 200;
    private static final long POLL_NANOS = 50_000;

    private final ReentrantLock turn = new ReentrantLock();
    private final SimClock clock;
    private List<Vcpu> vcpus = List.of();
    private volatile int closed = NOT_RUNNING;
    private volatile @Nullable Thread waiter;
    private volatile long meetings;

    Rendezvous(SimClock clock) {
        this.clock = clock;
    }

    /** Tells who meets; once, before anything else. */
    void of(List<Vcpu> all) {
        vcpus = all;
    }

    /** {@return whether vCPUs may run} */
    boolean open() {
        return closed == 0;
    }

    /** {@return how many meetings there were} */
    long meetings() {
        return meetings;
    }

    /** Closes for a reason: vCPUs leave at their next block head. Does not wait for them. */
    synchronized void close(int reason) {
        closed |= reason;
        vcpus.forEach(Vcpu::attention);
    }

    /** Takes a reason away, and lets the vCPUs in when it was the last. */
    synchronized void open(int reason) {
        closed &= ~reason;
        if (closed == 0) {
            vcpus.forEach(Vcpu::unpark);
        }
    }

    /**
     * Lets others go first who wait for their turn: a vCPU with one split lock after the other would keep them waiting
     * for ever.
     */
    void yieldTurn() {
        if (turn.hasQueuedThreads()) {
            LockSupport.parkNanos(this, POLL_NANOS);
        }
    }

    /** A vCPU has left: the waiter may want to know. */
    void left() {
        Thread waiting = waiter;
        if (waiting != null) {
            LockSupport.unpark(waiting);
        }
    }

    /**
     * Does something while every vCPU stands still and the clock too.
     *
     * @param operation
     *            for the error
     * @param deadlineNanos
     *            how long to wait for the vCPUs, as {@link Patience} counts it
     * @throws HsmException
     *             ETIMEDOUT with the names of those that did not arrive; nothing was done then
     */
    <T> T meet(String operation, long deadlineNanos, Supplier<T> action) {
        lockTurn(operation, deadlineNanos);
        try {
            close(MEETING);
            await(operation, new Patience(deadlineNanos, System::nanoTime));
            meetings++;
            clock.hold(SimClock.RENDEZVOUS);
            return action.get();
        } finally {
            clock.release(SimClock.RENDEZVOUS);
            open(MEETING);
            turn.unlock();
        }
    }

    private void lockTurn(String operation, long deadlineNanos) {
        try {
            if (turn.tryLock(deadlineNanos, TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HsmException(Errno.EINTR, operation, "interrupted while another rendezvous was going on", e);
        }
        throw new HsmException(Errno.ETIMEDOUT, operation, "another rendezvous of this VM did not end in time");
    }

    private void await(String operation, Patience patience) {
        waiter = Thread.currentThread();
        try {
            for (int round = 0; !allOut(); round++) {
                if (patience.over()) {
                    throw new HsmException(Errno.ETIMEDOUT, operation, "did not arrive in time: " + missing());
                }
                pass(round);
            }
        } finally {
            waiter = null;
        }
    }

    /** A vCPU arrives within a block, so look a few times before sleeping; the timed park is for a lost unpark only. */
    private void pass(int round) {
        if (round < SPINS) {
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(this, POLL_NANOS);
        }
    }

    private boolean allOut() {
        for (Vcpu vcpu : vcpus) {
            if (!vcpu.out()) {
                return false;
            }
        }
        return true;
    }

    private String missing() {
        return vcpus.stream().filter(vcpu -> !vcpu.out()).map(vcpu -> "vcpu" + vcpu.index + " " + vcpu.activity())
                .collect(Collectors.joining(", "));
    }
}
