package org.cupule.hv.sim;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deterministic time: one thread runs all vCPUs in turn, and the timers between their steps, so that everything hangs
 * on instruction counts alone.
 *
 * <pre>
 *  OURS --fire--> IN_CALL --back--> OURS
 *                    '--taken away--> TAKEN: what it ran is run by another one, this one ends when it comes back
 * </pre>
 *
 * @threading {@link #run} on its own thread, once; {@link #takeAway} on another
 */
final class Turns implements Runnable {
    /** Instructions of a turn. */
    private static final long TURN = 5_000;
    private static final int OURS = 0;
    private static final int IN_CALL = 1;
    private static final int TAKEN = 2;

    private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

    private final SimPartition vm;
    private final InstructionClock time;
    private final VcpuThreads threads;
    private final AtomicInteger hold = new AtomicInteger(OURS);
    private volatile @Nullable Vcpu turning;

    Turns(SimPartition vm, InstructionClock time, VcpuThreads threads) {
        this.vm = vm;
        this.time = time;
        this.threads = threads;
    }

    @Override
    public void run() {
        try {
            while (!threads.ended()) {
                round();
            }
        } catch (RuntimeException e) {
            if (e != Requests.TAKEN_AWAY) {
                throw e;
            }
            LOG.info("{}: the call that did not return has come back", vm.name());
        }
    }

    private void round() {
        boolean any = false;
        for (Vcpu vcpu : vm.vcpus) {
            any |= turn(vcpu);
        }
        if (!any && !threads.ended() && (!vm.rendezvous.open() || !fired(time::jump))) {
            restUntil(() -> vm.rendezvous.open()
                    && (time.due() || vm.vcpus.stream().anyMatch(vcpu -> !vcpu.idle())), vm.vcpus.getFirst());
        }
    }

    private boolean turn(Vcpu vcpu) {
        if (threads.ended() || vcpu.idle() || !vcpu.enter()) {
            return false;
        }
        turning = vcpu;
        time.begin(vcpu.cpu());
        inside(vcpu);
        time.end();
        turning = null;
        vcpu.leave();
        vm.splitLock(vcpu);
        if (vcpu.waitsForAnswer()) {
            // Others go on only when the answer is there: otherwise their order would hang on host time.
            restUntil(() -> vm.rendezvous.open() && !vcpu.idle(), vcpu);
        }
        return true;
    }

    private void inside(Vcpu vcpu) {
        try {
            long end = time.nanos() + TURN;
            boolean busy = true;
            while (busy && vm.rendezvous.open() && time.nanos() < end) {
                if (time.expired()) {
                    fired(time::fire);
                }
                busy = vcpu.step(Math.min(end - time.nanos(), time.budget()));
            }
        } catch (RuntimeException | Error e) {
            if (e == Requests.TAKEN_AWAY) {
                throw e;
            }
            vm.failed(vcpu, e);
        }
    }

    /** Lets timers fire: their actions are calls of plug-ins, out of which everything may be taken away. */
    private boolean fired(BooleanSupplier timers) {
        hold.set(IN_CALL);
        try {
            return timers.getAsBoolean();
        } finally {
            if (!hold.compareAndSet(IN_CALL, OURS)) {
                throw Requests.TAKEN_AWAY;
            }
        }
    }

    private void restUntil(BooleanSupplier go, Vcpu vcpu) {
        while (!threads.ended() && !go.getAsBoolean()) {
            threads.rest(vcpu);
        }
    }

    /**
     * Takes everything away from a thread that is inside a plug-in: all vCPUs stand still then.
     *
     * @return false when it has just come back
     */
    boolean takeAway() {
        Vcpu vcpu = turning;
        if (hold.compareAndSet(IN_CALL, TAKEN)) {
            time.end();
            if (vcpu != null) {
                vcpu.leave();
            }
            return true;
        }
        if (vcpu == null || vcpu.overdue() == 0 && !vcpu.inCall() || !vcpu.takeAway()) {
            return false;
        }
        time.end();
        return true;
    }
}
