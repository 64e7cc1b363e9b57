package org.cupule.hv.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that run the vCPUs of one partition: one each, or, in deterministic time, one for all in turn. Made at
 * the first start.
 *
 * @threading {@link #start} and {@link #end} under the partition's life lock
 */
final class VcpuThreads {
    /** How long an upcall may go on after its request has been completed. */
    private static final long GRACE_NANOS = 200_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(VcpuThreads.class);

    private final SimPartition vm;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicBoolean watching = new AtomicBoolean();
    private volatile @Nullable Turns turns;
    private volatile boolean ended;

    VcpuThreads(SimPartition vm) {
        this.vm = vm;
    }

    /** Starts the threads, the first time that it is called. */
    void start() {
        if (!threads.isEmpty()) {
            return;
        }
        if (vm.clock instanceof InstructionClock time) {
            adoptAll(time);
        } else {
            for (Vcpu vcpu : vm.vcpus) {
                vcpu.adopt(thread("vcpu" + vcpu.index, () -> life(vcpu)));
            }
        }
        threads.forEach(Thread::start);
    }

    private Thread adoptAll(InstructionClock time) {
        var fresh = new Turns(vm, time, this);
        turns = fresh;
        Thread thread = thread("vcpus", fresh);
        vm.vcpus.forEach(vcpu -> vcpu.adopt(thread));
        return thread;
    }

    private Thread thread(String name, Runnable body) {
        Thread thread = Thread.ofPlatform().name(vm.name() + "-" + name).daemon().unstarted(body);
        synchronized (threads) {
            threads.add(thread);
        }
        return thread;
    }

    private List<Thread> known() {
        synchronized (threads) {
            return List.copyOf(threads);
        }
    }

    // ---- threads that do not come back

    /**
     * Somebody else has completed the request of a vCPU whose thread is still inside the HSM. Usually it comes back at
     * once; if not, a fresh thread goes on. Not in deterministic time, where one thread runs all vCPUs.
     */
    void watch(Vcpu vcpu) {
        if (vm.clock instanceof HostClock && watching.compareAndSet(false, true)) {
            long request = vcpu.overdue();
            Thread.ofVirtual().name(vm.name() + "-watch").start(() -> look(vcpu, request));
        }
    }

    private void look(Vcpu vcpu, long request) {
        LockSupport.parkNanos(GRACE_NANOS);
        watching.set(false);
        if (request != 0 && vcpu.overdue() == request && !ended) {
            replace(vcpu);
        } else {
            vm.vcpus.stream().filter(other -> other.overdue() != 0).findFirst().ifPresent(this::watch);
        }
    }

    /** As {@code Partition.leaveBehind}. */
    synchronized void leaveBehind(Thread stuck) {
        if (vm.clock instanceof InstructionClock time) {
            replaceAll(time, stuck);
        } else {
            vm.vcpus.stream().filter(vcpu -> vcpu.isRunBy(stuck) && (vcpu.overdue() != 0 || vcpu.inCall()))
                    .forEach(this::replace);
        }
    }

    private void replaceAll(InstructionClock time, Thread stuck) {
        Turns present = turns;
        if (present != null && vm.vcpus.getFirst().isRunBy(stuck) && present.takeAway()) {
            LOG.warn("{}: a call does not return; a fresh thread goes on with all vCPUs", vm.name());
            forget(stuck);
            adoptAll(time).start();
        }
    }

    private synchronized void replace(Vcpu vcpu) {
        if (vcpu.takeAway()) {
            LOG.warn("{} vcpu{}: an upcall does not return; a fresh thread goes on", vm.name(), vcpu.index);
            Thread fresh = thread("vcpu" + vcpu.index, () -> life(vcpu));
            forget(vcpu.adopt(fresh));
            fresh.start();
        }
    }

    private void forget(@Nullable Thread stuck) {
        synchronized (threads) {
            threads.remove(stuck);
        }
    }

    boolean ended() {
        return ended;
    }

    /** Ends the threads and waits for them, for so long at most. */
    void end(long millis) {
        ended = true;
        List<Thread> all = known();
        all.forEach(LockSupport::unpark);
        long until = System.nanoTime() + millis * 1_000_000;
        try {
            for (Thread thread : all) {
                thread.join(Math.max(1, (until - System.nanoTime()) / 1_000_000));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Host time: one vCPU. */
    private void life(Vcpu vcpu) {
        while (!ended) {
            if (vcpu.enter()) {
                if (!inside(vcpu)) {
                    return;
                }
                vcpu.leave();
            }
            vm.splitLock(vcpu);
            while (!ended && vcpu.idle()) {
                rest(vcpu);
            }
        }
    }

    /** @return false when the vCPU was taken away from this thread, which must not touch it any more */
    private boolean inside(Vcpu vcpu) {
        try {
            boolean busy = true;
            while (busy && vm.rendezvous.open()) {
                busy = vcpu.step(Long.MAX_VALUE);
            }
        } catch (RuntimeException | Error e) {
            if (e == Requests.TAKEN_AWAY) {
                LOG.info("{} vcpu{}: the upcall that did not return has come back", vm.name(), vcpu.index);
                return false;
            }
            vm.failed(vcpu, e);
        }
        return true;
    }

    /** A VM that asked for polling gets its completion without being told ({@code hsm.md} 7.13). */
    void rest(Vcpu vcpu) {
        if (vm.polling() && vcpu.waitsForAnswer() && vm.rendezvous.open()) {
            Thread.yield();
        } else {
            LockSupport.park(vm);
        }
    }
}
