package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.EptFactory;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.hypervisor.VcpuState;
import org.cupule.time.VmClock;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition of the simulated hypervisor.
 *
 * @threading any thread. Changes of state are made under the life lock; a vCPU's own thread, inside an upcall, is
 *            refused with EBUSY where it would have to wait for itself
 */
final class SimPartition implements Partition {
    private static final Logger LOG = LoggerFactory.getLogger(SimPartition.class);
    /** How many different unhandled things are told of: a hostile guest must not fill the host's memory. */
    private static final int MOST_TOLD = 1024;

    final SimClock clock;
    final Rendezvous rendezvous;
    final MemoryMap memory;
    final InterruptFabric fabric;
    final HypervisorLeaves leaves = new HypervisorLeaves(Vcpu.TSC_HERTZ);
    final Upcall upcall;
    final List<Vcpu> vcpus;

    private final int vmid;
    private final int vcpuCount;
    private final PartitionCreation creation;
    private final SimHypervisor hypervisor;
    private final VcpuThreads threads;
    private final ReentrantLock life = new ReentrantLock();
    private final AtomicLong flushes = new AtomicLong();
    private final Set<Long> told = ConcurrentHashMap.newKeySet();
    private final List<@Nullable VcpuState> starts;
    private volatile State state = State.CREATED;
    private volatile @Nullable IoRequestPage page;
    private volatile @Nullable String reason;

    SimPartition(SimHypervisor hypervisor, int vmid, int vcpuCount, PartitionCreation creation, Upcall upcall,
            HardwareChoice hardware) {
        this.hypervisor = hypervisor;
        this.vmid = vmid;
        this.vcpuCount = vcpuCount;
        this.creation = creation;
        this.upcall = upcall;
        long epoch = System.currentTimeMillis() / 1000;
        this.clock = creation.deterministic()
                ? new InstructionClock(hypervisor.deterministicEpoch(), this::wakeAll)
                : new HostClock("vm" + vmid, System::nanoTime, epoch);
        this.rendezvous = new Rendezvous(clock);
        this.memory = new MemoryMap(new Fitted<EptFactory, org.cupule.hardware.Ept>("ept", hardware.ept(),
                hardware.ept().factory().create()), this::shootDown);
        this.fabric = new InterruptFabric(creation.behaviour(), hardware.ioapic(), hardware.pic());
        var all = new ArrayList<Vcpu>();
        for (int i = 0; i < vcpuCount; i++) {
            all.add(new Vcpu(this, i, hardware.cpu(), hardware.lapic()));
        }
        this.vcpus = List.copyOf(all);
        rendezvous.of(vcpus);
        fabric.of(vcpus);
        this.starts = new ArrayList<>(java.util.Collections.nCopies(vcpuCount, null));
        this.threads = new VcpuThreads(this);
    }

    @Override
    public int vmid() {
        return vmid;
    }

    @Override
    public int vcpuCount() {
        return vcpuCount;
    }

    @Override
    public State state() {
        return state;
    }

    Behaviour behaviour() {
        return creation.behaviour();
    }

    boolean polling() {
        return (creation.flags() & PartitionCreation.COMPLETION_POLLING) != 0;
    }

    /** {@return the I/O request page; there is one whenever vCPUs run} */
    IoRequestPage page() {
        IoRequestPage registered = page;
        if (registered == null) {
            throw new IllegalStateException("a vCPU runs without an I/O request page");
        }
        return registered;
    }

    // ---- life

    @Override
    public void start() {
        change("start", () -> {
            refuseUnless(state == State.CREATED, "start");
            if (page == null) {
                throw new HsmException(Errno.EPERM, "start",
                        "vm%d has no I/O request page: register one before the start".formatted(vmid));
            }
            threads.start();
            go();
        });
    }

    @Override
    public void resume() {
        change("resume", () -> {
            refuseUnless(state == State.PAUSED, "resume");
            go();
        });
    }

    private void go() {
        reason = null;
        state = State.RUNNING;
        clock.release(SimClock.NOT_RUNNING);
        rendezvous.open(Rendezvous.NOT_RUNNING);
    }

    @Override
    public void pause() {
        change("pause", () -> {
            refuseUnless(state != State.POWERED_OFF, "pause");
            rendezvous.meet("pause", deadlineNanos(), () -> {
                halt();
                return null;
            });
        });
    }

    /** To PAUSED, without waiting for anybody. A partition that was never started stays as it stands, but PAUSED. */
    private void halt() {
        rendezvous.close(Rendezvous.NOT_RUNNING);
        clock.hold(SimClock.NOT_RUNNING);
        state = State.PAUSED;
    }

    @Override
    public void reset() {
        change("reset", () -> {
            refuseUnless(state == State.PAUSED, "reset");
            rendezvous.meet("reset", deadlineNanos(), () -> {
                vcpus.forEach(Vcpu::reset);
                fabric.reset();
                if (page != null) {
                    page().free();
                }
                reason = null;
                state = State.CREATED;
                return null;
            });
        });
    }

    @Override
    public void destroy() {
        change("destroy", () -> {
            refuseUnless(state == State.PAUSED || state == State.CREATED, "destroy");
            rendezvous.meet("destroy", deadlineNanos(), () -> {
                state = State.POWERED_OFF;
                return null;
            });
            threads.end(TimeUnit.NANOSECONDS.toMillis(deadlineNanos()));
            clock.close();
            memory.clear();
            page = null;
            hypervisor.destroyed(this);
        });
    }

    private void change(String operation, Runnable action) {
        refuseOwnThread(operation);
        life.lock();
        try {
            action.run();
        } finally {
            life.unlock();
        }
    }

    private void refuseUnless(boolean allowed, String operation) {
        if (!allowed) {
            throw new HsmException(Errno.EPERM, operation, "vm%d is %s".formatted(vmid, state));
        }
    }

    /** Who would wait for itself is told so at once. */
    private void refuseOwnThread(String operation) {
        for (Vcpu vcpu : vcpus) {
            if (vcpu.mine()) {
                throw new HsmException(Errno.EBUSY, operation,
                        "called on the thread of vm%d's vcpu%d, inside a request: let another thread do it"
                                .formatted(vmid, vcpu.index));
            }
        }
    }

    private long deadlineNanos() {
        return hypervisor.deadlineNanos();
    }

    // ---- registers

    @Override
    public void setRegisters(int vcpu, VcpuState registers) {
        change("set registers", () -> {
            refuseUnless(state != State.RUNNING && state != State.POWERED_OFF, "set registers");
            checkVcpu("set registers", vcpu);
            StartState.check(registers);
            StartState.apply(registers, vcpus.get(vcpu).cpu());
        });
    }

    @Override
    public Map<String, Long> registers(int vcpu) {
        checkVcpu("registers", vcpu);
        Vcpu asked = vcpus.get(vcpu);
        if (asked.mine()) {
            return StartState.read(asked.cpu());
        }
        life.lock();
        try {
            if (state == State.RUNNING) {
                throw new HsmException(Errno.EBUSY, "registers", "vm%d runs: pause it first".formatted(vmid));
            }
            return rendezvous.meet("registers", deadlineNanos(), () -> StartState.read(asked.cpu()));
        } finally {
            life.unlock();
        }
    }

    @Override
    public String activity(int vcpu) {
        checkVcpu("activity", vcpu);
        return vcpus.get(vcpu).activity();
    }

    private void checkVcpu(String operation, int vcpu) {
        if (vcpu < 0 || vcpu >= vcpuCount) {
            throw new HsmException(Errno.EPERM, operation,
                    "vm%d has %d vCPUs, so there is no vcpu%d".formatted(vmid, vcpuCount, vcpu));
        }
    }

    // ---- I/O requests

    @Override
    public void setIoRequestPage(MemorySegment memory) {
        change("set io request page", () -> {
            refuseUnless(state == State.CREATED, "set io request page");
            if (memory.byteSize() < IoRequestPage.PAGE_BYTES
                    || (memory.address() & IoRequestPage.PAGE_BYTES - 1) != 0) {
                throw new HsmException(Errno.EPERM, "set io request page",
                        "%d bytes at 0x%x are not a whole page".formatted(memory.byteSize(), memory.address()));
            }
            var registered = new IoRequestPage(memory);
            registered.free();
            page = registered;
        });
    }

    @Override
    public void finish(int vcpu) {
        refuseUnless(state != State.POWERED_OFF, "finish");
        checkVcpu("finish", vcpu);
        // The caller has stored COMPLETE, with release; it must be visible before the vCPU is seen to stand still.
        java.lang.invoke.VarHandle.fullFence();
        if (vcpus.get(vcpu).out()) {
            vcpus.get(vcpu).unpark();
        }
    }

    // ---- memory

    @Override
    public void setRegions(List<Region> regions) {
        refuseUnless(state != State.POWERED_OFF, "set regions");
        memory.apply(regions);
    }

    /** Returns when no vCPU uses a translation that it cached before the call. */
    private void shootDown() {
        long epoch = flushes.incrementAndGet();
        vcpus.forEach(vcpu -> vcpu.wantFlush(epoch));
        for (Vcpu vcpu : vcpus) {
            for (int round = 0; !vcpu.mine() && !vcpu.flushed(epoch); round++) {
                pass(round);
            }
        }
    }

    private void pass(int round) {
        if (round < 1000) {
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(this, 20_000);
        }
    }

    /** As {@code CpuContext.requestFlush}, of this vCPU. */
    long requestFlush(Vcpu asking) {
        long epoch = flushes.incrementAndGet();
        for (Vcpu vcpu : vcpus) {
            if (vcpu != asking) {
                vcpu.wantFlush(epoch);
            }
        }
        return epoch;
    }

    /** As {@code CpuContext.flushed}, of this vCPU. */
    boolean flushed(Vcpu asking, long epoch) {
        for (Vcpu vcpu : vcpus) {
            if (vcpu != asking && !vcpu.flushed(epoch)) {
                return false;
            }
        }
        return true;
    }

    // ---- interrupts and time

    @Override
    public void injectMsi(Msi msi) {
        refuseUnless(state != State.POWERED_OFF, "inject msi");
        fabric.inject(msi);
    }

    @Override
    public void setIrqLine(int gsi, int operation) {
        refuseUnless(state != State.POWERED_OFF, "set irq line");
        fabric.line(gsi, operation);
    }

    @Override
    public void onEndOfInterrupt(EndOfInterruptListener listener) {
        fabric.onEndOfInterrupt(listener);
    }

    @Override
    public VmClock clock() {
        return clock;
    }

    private void wakeAll() {
        vcpus.forEach(Vcpu::unpark);
    }

    // ---- what vCPUs tell, on their threads

    /** Executes a split lock of a vCPU that has left the guest for it, if the partition still runs. */
    void splitLock(Vcpu vcpu) {
        if (vcpu.exclusiveWanted() && rendezvous.open()) {
            try {
                rendezvous.meet("split lock", deadlineNanos(), () -> {
                    if (state == State.RUNNING) {
                        vcpu.exclusive();
                    }
                    return null;
                });
            } catch (HsmException e) {
                LOG.debug("vm{} vcpu{}: {}", vmid, vcpu.index, e.getMessage());
            }
        }
    }

    /** A vCPU cannot go on: the partition is PAUSED with a reason. */
    void stop(String sentence) {
        reason = sentence;
        halt();
        LOG.info("vm{} stopped: {}", vmid, sentence);
        upcall.event(new PartitionEvent.Stopped(sentence));
    }

    /** A model or an upcall threw on a vCPU's thread. */
    void failed(Vcpu vcpu, Throwable failure) {
        LOG.error("vm{} vcpu{} failed", vmid, vcpu.index, failure);
        stop("vcpu%d failed in %s or in an upcall: %s".formatted(vcpu.index, vcpu.cpu.offer(), failure));
    }

    void tripleFault(Vcpu vcpu, String report) {
        if (behaviour() == Behaviour.ACRN) {
            vcpu.requestPowerOff();
        }
        reason = "vcpu%d had a triple fault".formatted(vcpu.index);
        halt();
        LOG.info("vm{} vcpu{}: triple fault\n{}", vmid, vcpu.index, report);
        upcall.event(new PartitionEvent.TripleFault(vcpu.index, report));
    }

    void unknownInstruction(int vcpu, long rip, byte[] bytes) {
        if (first(rip)) {
            tell("vcpu%d: unknown instruction at 0x%x: %s; the guest gets #UD".formatted(vcpu, rip,
                    java.util.HexFormat.ofDelimiter(" ").formatHex(bytes)));
        }
    }

    void unhandledMsr(Vcpu vcpu, int number, boolean write, long value) {
        if (first(1L << 63 | number & 0xFFFF_FFFFL)) {
            tell("vcpu%d: %s of MSR 0x%x, which nobody has, at RIP 0x%x; the guest gets #GP".formatted(vcpu.index,
                    write ? "write 0x%x".formatted(value) : "read", number,
                    vcpu.cpu().register(org.cupule.hardware.Register.RIP)));
        }
    }

    private boolean first(long what) {
        return told.size() < MOST_TOLD && told.add(what);
    }

    private void tell(String sentence) {
        LOG.debug("vm{} {}", vmid, sentence);
        upcall.event(new PartitionEvent.Unhandled(sentence));
    }

    // ---- people

    @Override
    public List<String> describe() {
        var lines = new ArrayList<String>();
        lines.add("vm%d '%s' %s, behaviour %s, %s time %d ns".formatted(vmid, creation.name(), state, behaviour(),
                creation.deterministic() ? "deterministic" : "host", clock.nanos()));
        if (reason != null) {
            lines.add("stopped: " + reason);
        }
        lines.add("ept " + memory.ept.offer());
        lines.add("ioapic " + fabric.ioapic.offer());
        lines.add("pic " + fabric.pic.offer());
        for (Vcpu vcpu : vcpus) {
            lines.add(vcpu.describe());
            lines.add("  cpu " + vcpu.cpu.offer() + ", lapic " + vcpu.lapic.offer());
        }
        lines.add("rendezvous %d, shoot-downs %d".formatted(rendezvous.meetings(), flushes.get()));
        lines.addAll(memory.describe());
        return lines;
    }
}
