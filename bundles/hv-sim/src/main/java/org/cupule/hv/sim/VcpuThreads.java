package org.cupule.hv.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that run the vCPUs of one partition: one each, or, in deterministic time, one for all in turn. Made at
 * the first start.
 *
 * @threading {@link #start} and {@link #end} under the partition's life lock
 */
final class VcpuThreads {
    /** Instructions of a turn in deterministic time. */
    private static final long TURN = 5_000;

    private final SimPartition vm;
    private final List<Thread> threads = new ArrayList<>();
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
            var turns = thread("vcpus", () -> turns(time));
            vm.vcpus.forEach(vcpu -> vcpu.adopt(turns));
        } else {
            for (Vcpu vcpu : vm.vcpus) {
                vcpu.adopt(thread("vcpu" + vcpu.index, () -> life(vcpu)));
            }
        }
        threads.forEach(Thread::start);
    }

    private Thread thread(String name, Runnable body) {
        Thread thread = Thread.ofPlatform().name("vm" + vm.vmid() + "-" + name).daemon().unstarted(body);
        threads.add(thread);
        return thread;
    }

    /** Ends the threads and waits for them, for so long at most. */
    void end(long millis) {
        ended = true;
        threads.forEach(LockSupport::unpark);
        long until = System.nanoTime() + millis * 1_000_000;
        try {
            for (Thread thread : threads) {
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
                inside(vcpu);
                vcpu.leave();
            }
            vm.splitLock(vcpu);
            while (!ended && vcpu.idle()) {
                rest(vcpu);
            }
        }
    }

    private void inside(Vcpu vcpu) {
        try {
            boolean busy = true;
            while (busy && vm.rendezvous.open()) {
                busy = vcpu.step(Long.MAX_VALUE);
            }
        } catch (RuntimeException | Error e) {
            vm.failed(vcpu, e);
        }
    }

    /** A VM that asked for polling gets its completion without being told ({@code hsm.md} 7.13). */
    private void rest(Vcpu vcpu) {
        if (vm.polling() && vcpu.waitsForAnswer() && vm.rendezvous.open()) {
            Thread.yield();
        } else {
            LockSupport.park(vm);
        }
    }

    /** Deterministic time: all vCPUs in turn, so that everything hangs on instruction counts alone. */
    private void turns(InstructionClock time) {
        while (!ended) {
            boolean any = false;
            for (Vcpu vcpu : vm.vcpus) {
                any |= turn(vcpu, time);
            }
            if (!any && !ended && (!vm.rendezvous.open() || !time.jump())) {
                restUntil(() -> vm.rendezvous.open()
                        && (time.due() || vm.vcpus.stream().anyMatch(vcpu -> !vcpu.idle())), vm.vcpus.getFirst());
            }
        }
    }

    private boolean turn(Vcpu vcpu, InstructionClock time) {
        if (ended || vcpu.idle() || !vcpu.enter()) {
            return false;
        }
        time.begin(vcpu.cpu());
        insideTurn(vcpu, time);
        time.end();
        vcpu.leave();
        vm.splitLock(vcpu);
        if (vcpu.waitsForAnswer()) {
            // Others go on only when the answer is there: otherwise their order would hang on host time.
            restUntil(() -> vm.rendezvous.open() && !vcpu.idle(), vcpu);
        }
        return true;
    }

    private void insideTurn(Vcpu vcpu, InstructionClock time) {
        try {
            long end = time.nanos() + TURN;
            boolean busy = true;
            while (busy && vm.rendezvous.open() && time.nanos() < end) {
                time.fire();
                busy = vcpu.step(Math.min(end - time.nanos(), time.budget()));
            }
        } catch (RuntimeException | Error e) {
            vm.failed(vcpu, e);
        }
    }

    private void restUntil(java.util.function.BooleanSupplier go, Vcpu vcpu) {
        while (!ended && !go.getAsBoolean()) {
            rest(vcpu);
        }
    }
}
