package org.cupule.tck.hsm;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.EventFdOffload;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.InterruptMonitor;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.hypervisor.VcpuState;
import org.cupule.state.ModelState;
import org.cupule.time.VmClock;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;

/**
 * A partition without a guest: the test's threads are its vCPUs. It keeps the rules of {@link Partition} and of the
 * page ({@code hsm.md} 4.2, 7.13), and a journal of what it is asked.
 *
 * @threading any thread; each vCPU is for one thread at a time
 */
public final class FakePartition implements Partition, PartitionBelow {
    private static final long DEADLINE_SECONDS = 60;
    private static final int GSIS = 48;

    private final int vmid;
    private final PartitionCreation creation;
    private final Upcall upcall;
    private final boolean raw;
    private final @Nullable RuntimeException pageFailure;
    private final List<String> journal = new CopyOnWriteArrayList<>();
    private final List<Thread> leftBehind = new CopyOnWriteArrayList<>();
    private final List<Region> regions = new CopyOnWriteArrayList<>();
    private final Semaphore[] finished;
    private final AtomicInteger[] finishes;
    private final VmClock clock = new StandingClock();
    private final ReadWriteLock running = new ReentrantReadWriteLock(true);
    private final FakeMonitor monitor = new FakeMonitor();
    private final FakeAssignment assignment;
    private volatile State state = State.CREATED;
    private volatile Map<String, ModelState> restored = Map.of();
    private volatile @Nullable IoRequestPage page;
    private volatile @Nullable RuntimeException failure;
    private volatile @Nullable VcpuState registersSet;
    private volatile @Nullable EventFdOffload offload;
    private volatile Runnable onDestroy = () -> {
    };

    FakePartition(int vmid, int vcpus, PartitionCreation creation, Upcall upcall, SlotProtocol slotProtocol,
            @Nullable RuntimeException pageFailure, FakeAssignment.Host host) {
        this.vmid = vmid;
        this.creation = creation;
        this.upcall = upcall;
        this.raw = slotProtocol == SlotProtocol.RAW;
        this.pageFailure = pageFailure;
        this.assignment = new FakeAssignment(host, this);
        this.finished = new Semaphore[vcpus];
        this.finishes = new AtomicInteger[vcpus];
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            finished[vcpu] = new Semaphore(0);
            finishes[vcpu] = new AtomicInteger();
        }
    }

    // ---------------------------------------------------------------- the guest's side

    /** Makes a request; its slot must be FREE. Returns when the upcall has returned. */
    @Override
    public void post(int vcpu, int type, boolean write, long address, int size, long value) {
        write(vcpu, type, write, address, size, value);
        upcall.request(vcpu);
    }

    /** Makes a request without telling the HSM. */
    @Override
    public void write(int vcpu, int type, boolean write, long address, int size, long value) {
        IoRequestPage slots = page();
        if (slots.state(vcpu) != IoRequestPage.FREE) {
            throw new IllegalStateException("slot " + vcpu + " is not FREE but " + slots.state(vcpu)
                    + ": the guest would get #GP (hsm.md 7.13)");
        }
        finished[vcpu].drainPermits();
        slots.type(vcpu, type);
        slots.write(vcpu, write);
        slots.address(vcpu, address);
        slots.size(vcpu, size);
        slots.value(vcpu, value);
        slots.completionPolling(vcpu, (creation.flags() & PartitionCreation.COMPLETION_POLLING) != 0);
        slots.state(vcpu, raw ? IoRequestPage.PENDING : IoRequestPage.PROCESSING);
    }

    /** Tells the HSM to look at a vCPU's slot. */
    @Override
    public void upcall(int vcpu) {
        upcall.request(vcpu);
    }

    /**
     * Waits for the answer, takes it and frees the slot. A notice may come late, for a request that a reset took away:
     * the vCPU looks at its slot and goes on waiting, as ACRN's does ({@code hsm.md} 7.13).
     */
    @Override
    public long take(int vcpu) {
        IoRequestPage slots = page();
        do {
            await(vcpu);
        } while (slots.state(vcpu) != IoRequestPage.COMPLETE);
        long value = slots.value(vcpu);
        slots.state(vcpu, IoRequestPage.FREE);
        return value;
    }

    private void await(int vcpu) {
        if (page().completionPolling(vcpu)) {
            awaitState(vcpu, IoRequestPage.COMPLETE);
            return;
        }
        try {
            if (!finished[vcpu].tryAcquire(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("no answer for vCPU " + vcpu + "; its slot is " + page().state(vcpu));
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError("interrupted while waiting for an answer", interrupted);
        }
    }

    /** Waits until a slot has a state. */
    @Override
    public void awaitState(int vcpu, int wanted) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (page().state(vcpu) != wanted) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("slot " + vcpu + " is " + page().state(vcpu) + ", not " + wanted);
            }
            Thread.yield();
        }
    }

    /**
     * Does something as a running guest: {@link #pause} waits for its end, and nothing is done unless the VM runs.
     */
    @Override
    public void guarded(Runnable guest) {
        running.readLock().lock();
        try {
            if (state == State.RUNNING) {
                guest.run();
            }
        } finally {
            running.readLock().unlock();
        }
    }

    /** Tells an event. */
    @Override
    public void tell(PartitionEvent event) {
        upcall.event(event);
    }

    // ---------------------------------------------------------------- the test's side

    /** {@return the page that the HSM has registered} */
    @Override
    public IoRequestPage page() {
        IoRequestPage slots = page;
        if (slots == null) {
            throw new IllegalStateException("the HSM has registered no page");
        }
        return slots;
    }

    /** {@return what was asked of the partition, in order} */
    @Override
    public List<String> journal() {
        return journal;
    }

    /** {@return the regions that were set, in order} */
    @Override
    public List<Region> regions() {
        return regions;
    }

    /** {@return the registers that were set last} */
    public VcpuState registersSet() {
        return java.util.Objects.requireNonNull(registersSet, "no registers were set");
    }

    /** {@return what it was made of} */
    @Override
    public PartitionCreation creation() {
        return creation;
    }

    /** {@return how often a vCPU was told that its request is complete} */
    @Override
    public int finishes(int vcpu) {
        return finishes[vcpu].get();
    }

    /** Lets each call that changes something fail; null ends that. */
    @Override
    public void fail(@Nullable RuntimeException with) {
        failure = with;
    }

    /** Runs something inside the destroy call. */
    @Override
    public void onDestroy(Runnable action) {
        onDestroy = action;
    }

    void offload(@Nullable EventFdOffload to) {
        offload = to;
    }

    private void asked(String what) {
        journal.add(what);
        RuntimeException with = failure;
        if (with != null) {
            throw with;
        }
    }

    private static void require(boolean holds, String operation, String sentence) {
        if (!holds) {
            throw new HsmException(Errno.EPERM, operation, sentence);
        }
    }

    // ---------------------------------------------------------------- Partition

    @Override
    public int vmid() {
        return vmid;
    }

    @Override
    public int vcpuCount() {
        return finished.length;
    }

    @Override
    public State state() {
        return state;
    }

    @Override
    public synchronized void start() {
        asked("start");
        require(state == State.CREATED && page != null, "start", "the VM is " + state);
        state = State.RUNNING;
    }

    @Override
    public synchronized void pause() {
        asked("pause");
        require(state != State.POWERED_OFF, "pause", "the VM is " + state);
        running.writeLock().lock();
        try {
            state = State.PAUSED;
        } finally {
            running.writeLock().unlock();
        }
    }

    @Override
    public synchronized void resume() {
        asked("resume");
        require(state == State.PAUSED, "resume", "the VM is " + state);
        state = State.RUNNING;
    }

    @Override
    public synchronized void reset() {
        asked("reset");
        require(state == State.PAUSED, "reset", "the VM is " + state);
        page().free();
        state = State.CREATED;
    }

    @Override
    public synchronized void destroy() {
        asked("destroy");
        require(state == State.PAUSED || state == State.CREATED, "destroy", "the VM is " + state);
        onDestroy.run();
        assignment.end();
        state = State.POWERED_OFF;
    }

    @Override
    public void setRegisters(int vcpu, VcpuState registers) {
        asked("setRegisters " + vcpu);
        require(state != State.RUNNING && vcpu >= 0 && vcpu < vcpuCount(), "setRegisters",
                "vCPU " + vcpu + ", VM " + state);
        registersSet = registers;
    }

    @Override
    public Map<String, Long> registers(int vcpu) {
        throw new HsmException(Errno.EOPNOTSUPP, "registers", "there is no guest");
    }

    @Override
    public String activity(int vcpu) {
        return "no guest";
    }

    @Override
    public void setIoRequestPage(MemorySegment segment) {
        asked("setIoRequestPage");
        if (pageFailure != null) {
            throw pageFailure;
        }
        require(state == State.CREATED, "setIoRequestPage", "the VM is " + state);
        IoRequestPage slots = new IoRequestPage(segment);
        slots.free();
        page = slots;
    }

    @Override
    public void finish(int vcpu) {
        if (state == State.POWERED_OFF || vcpu < 0 || vcpu >= vcpuCount()) {
            throw new HsmException(Errno.EPERM, "finish", "vCPU " + vcpu + ", VM " + state);
        }
        if (!raw) {
            page().state(vcpu, IoRequestPage.COMPLETE); // as the driver below does
        }
        finishes[vcpu].incrementAndGet();
        finished[vcpu].release();
    }

    @Override
    public void setRegions(List<Region> batch) {
        asked("setRegions");
        regions.addAll(batch);
    }

    @Override
    public void injectMsi(Msi msi) {
        asked(msi.toString());
        require(msi.addressed(), "injectMsi", msi + " is not addressed to the interrupt window");
        monitor.message(msi.vector());
    }

    @Override
    public void setIrqLine(int gsi, int operation) {
        asked("line " + gsi + " " + operation);
        require(gsi >= 0 && gsi < GSIS, "setIrqLine", "there is no GSI " + gsi);
        monitor.line(gsi, operation);
    }

    @Override
    public void onEndOfInterrupt(EndOfInterruptListener listener) {
        asked("onEndOfInterrupt");
    }

    @Override
    public void leaveBehind(Thread stuck) {
        leftBehind.add(stuck);
    }

    /** {@return the threads that were left behind} */
    @Override
    public List<Thread> leftBehind() {
        return leftBehind;
    }

    @Override
    public Optional<EventFdOffload> eventFdOffload() {
        return Optional.ofNullable(offload);
    }

    @Override
    public List<String> saveObstacles() {
        return List.of();
    }

    @Override
    public Map<String, ModelState> save() {
        asked("save");
        require(state == State.PAUSED, "save", "the VM is " + state);
        return Map.of("fake", ModelState.of("fake", 1).put("vmid", vmid).build());
    }

    @Override
    public synchronized void restore(Map<String, ModelState> saved) {
        asked("restore");
        require(state == State.CREATED && page != null, "restore", "the VM is " + state);
        restored = saved;
        state = State.PAUSED;
    }

    /** {@return what was restored} */
    public Map<String, ModelState> restoredState() {
        return restored;
    }

    @Override
    public InterruptMonitor interruptMonitor() {
        return monitor;
    }

    @Override
    public DeviceAssignment deviceAssignment() {
        return assignment;
    }

    @Override
    public VmClock clock() {
        return clock;
    }

    @Override
    public List<String> describe() {
        return List.of("fake partition " + vmid);
    }
}
