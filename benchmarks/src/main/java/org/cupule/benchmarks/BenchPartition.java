package org.cupule.benchmarks;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.hypervisor.VcpuState;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.cupule.types.Msi;

/**
 * A partition that does nothing but post requests: what the HSM costs, without a guest.
 *
 * @threading one thread a vCPU
 */
final class BenchPartition implements Partition {
    private static final int SLOTS = 16;

    private final PartitionCreation creation;
    private final Upcall upcall;
    private final Thread[] waiting = new Thread[SLOTS];
    private volatile State state = State.CREATED;
    private IoRequestPage page = new IoRequestPage(MemorySegment.ofArray(new int[1024]));

    BenchPartition(PartitionCreation creation, Upcall upcall) {
        this.creation = creation;
        this.upcall = upcall;
    }

    /** A hypervisor of such partitions. */
    static final class BenchHypervisor implements Hypervisor {
        private BenchPartition last;

        @Override
        public HypervisorInfo info() {
            return new HypervisorInfo("bench", "1.0.0", "posts requests", SlotProtocol.RAW,
                    EnumSet.of(Capability.BEHAVIOUR_X86), SLOTS);
        }

        @Override
        public Partition create(PartitionCreation creation, Upcall upcall) {
            last = new BenchPartition(creation, upcall);
            return last;
        }

        /** {@return the newest partition} */
        BenchPartition last() {
            return last;
        }
    }

    /** Posts a read, waits for its answer, takes it and frees the slot: what a run loop does for one exit. */
    long read(int vcpu, int type, long address, int size) {
        page.type(vcpu, type);
        page.write(vcpu, false);
        page.address(vcpu, address);
        page.size(vcpu, size);
        page.completionPolling(vcpu, false);
        page.state(vcpu, IoRequestPage.PENDING);
        upcall.request(vcpu);
        while (page.state(vcpu) != IoRequestPage.COMPLETE) {
            await(vcpu);
        }
        long value = page.value(vcpu);
        page.state(vcpu, IoRequestPage.FREE);
        return value;
    }

    private void await(int vcpu) {
        waiting[vcpu] = Thread.currentThread();
        java.lang.invoke.VarHandle.fullFence(); // before the state is looked at once more: partner in finish()
        if (page.state(vcpu) != IoRequestPage.COMPLETE) {
            LockSupport.park(this);
        }
        waiting[vcpu] = null;
    }

    @Override
    public void finish(int vcpu) {
        java.lang.invoke.VarHandle.fullFence(); // after COMPLETE
        Thread thread = waiting[vcpu];
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void setIoRequestPage(MemorySegment segment) {
        page = new IoRequestPage(segment);
        page.free();
    }

    @Override
    public int vmid() {
        return 1;
    }

    @Override
    public int vcpuCount() {
        return Long.bitCount(creation.affinity());
    }

    @Override
    public State state() {
        return state;
    }

    @Override
    public void start() {
        state = State.RUNNING;
    }

    @Override
    public void pause() {
        state = State.PAUSED;
    }

    @Override
    public void resume() {
        state = State.RUNNING;
    }

    @Override
    public void reset() {
        page.free();
        state = State.CREATED;
    }

    @Override
    public void destroy() {
        state = State.POWERED_OFF;
    }

    @Override
    public void setRegisters(int vcpu, VcpuState registers) {
        // There is no vCPU.
    }

    @Override
    public Map<String, Long> registers(int vcpu) {
        return Map.of();
    }

    @Override
    public String activity(int vcpu) {
        return "benchmark";
    }

    @Override
    public void setRegions(List<Region> regions) {
        // There is no guest.
    }

    @Override
    public void injectMsi(Msi msi) {
        // There is no guest.
    }

    @Override
    public void setIrqLine(int gsi, int operation) {
        // There is no guest.
    }

    @Override
    public void onEndOfInterrupt(EndOfInterruptListener listener) {
        // There is none.
    }

    @Override
    public VmClock clock() {
        return new VmClock() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public long epochSeconds() {
                return 0;
            }

            @Override
            public VmTimer timer(Runnable action) {
                throw new UnsupportedOperationException("no timers here");
            }
        };
    }

    @Override
    public List<String> describe() {
        return List.of();
    }
}
