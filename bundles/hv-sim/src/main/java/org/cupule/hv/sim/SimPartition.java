package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.HardwareFactory;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.hypervisor.VcpuState;
import org.cupule.state.Stateful;
import org.cupule.swap.SwapReport;
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
    final ShootDown shootDown = new ShootDown();
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
    private final Set<Long> told = ConcurrentHashMap.newKeySet();
    private final List<Fitted<?, ?>> places;
    private final HardwareSwap swap = new HardwareSwap(this);
    private final Set<String> swapping = ConcurrentHashMap.newKeySet();
    private boolean goOnWhenFitted;
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
                : new HostClock(name(), System::nanoTime, epoch);
        this.rendezvous = new Rendezvous(clock);
        this.memory = new MemoryMap(hardware, shootDown);
        this.fabric = new InterruptFabric(creation.behaviour(), hardware);
        this.vcpus = IntStream.range(0, vcpuCount).mapToObj(index -> new Vcpu(this, index, hardware)).toList();
        rendezvous.of(vcpus);
        fabric.of(vcpus);
        shootDown.of(vcpus);
        this.places = Stream.concat(Stream.of(memory.ept, fabric.ioapic, fabric.pic),
                vcpus.stream().flatMap(vcpu -> Stream.of(vcpu.cpu, vcpu.lapic))).toList();
        this.threads = new VcpuThreads(this);
    }

    @Override
    public int vmid() {
        return vmid;
    }

    /** {@return its name in targets and threads: {@code vm1}} */
    String name() {
        return "vm" + vmid;
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
            refuseUnlessWhole("start");
            threads.start();
            go();
        });
    }

    @Override
    public void resume() {
        change("resume", () -> {
            refuseUnless(state == State.PAUSED, "resume");
            refuseUnlessWhole("resume");
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
            goOnWhenFitted = false;
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
            refuseUnlessWhole("reset");
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
            hypervisor.free(vmid);
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
            throw new HsmException(Errno.EPERM, operation, "%s is %s".formatted(name(), state));
        }
    }

    private void refuseUnlessWhole(String operation) {
        for (Fitted<?, ?> place : places) {
            if (place.parked() != null) {
                throw new HsmException(Errno.ENODEV, operation, missing(place));
            }
        }
    }

    private String missing(Fitted<?, ?> place) {
        return "%s has no %s: the plug-in of %s went away; install one that offers a model of kind '%s'"
                .formatted(name(), place.place, place.offer(), place.shelf.kind());
    }

    /** Who would wait for itself is told so at once. */
    private void refuseOwnThread(String operation) {
        if (ownThread()) {
            throw new HsmException(Errno.EBUSY, operation,
                    "called on a vCPU's thread of %s, inside a request: let another thread do it".formatted(name()));
        }
    }

    private boolean ownThread() {
        return vcpus.stream().anyMatch(Vcpu::mine);
    }

    private long deadlineNanos() {
        return hypervisor.deadlineNanos();
    }

    // ---- hardware that comes, goes and is replaced

    /** {@return the places where hardware models sit, in a stable order} */
    List<Fitted<?, ?>> places() {
        return places;
    }

    /** {@return how many vCPUs wait for the answer of a request} */
    int requestsInFlight() {
        return (int) vcpus.stream().filter(Vcpu::waitsForAnswer).count();
    }

    /** As {@code Swappable.swap}, of one place. */
    SwapReport swap(String place, long bundle, String model, Duration deadline) {
        refuseOwnThread("swap");
        Fitted<?, ?> found = places.stream().filter(fitted -> fitted.place.equals(place)).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "swap", "%s has no '%s'; it has %s".formatted(name(),
                        place, places.stream().map(fitted -> fitted.place).collect(Collectors.joining(", ")))));
        if (!swapping.add(place)) {
            throw new HsmException(Errno.EBUSY, "swap", "%s.%s is just being swapped".formatted(name(), place));
        }
        try {
            return swap(found, bundle, model, deadline.toNanos());
        } finally {
            swapping.remove(place);
        }
    }

    private <F extends HardwareFactory, M extends Stateful> SwapReport swap(Fitted<F, M> place, long bundle,
            String model, long deadlineNanos) {
        Offered<F> wanted = place.shelf.find(model, bundle)
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "swap", place.shelf.missing(model)));
        lockLife(deadlineNanos);
        try {
            refuseUnless(state != State.POWERED_OFF, "swap");
            SwapReport report = swap.swap(place, wanted, deadlineNanos);
            goOnIfWhole();
            return report;
        } finally {
            life.unlock();
        }
    }

    private void lockLife(long deadlineNanos) {
        try {
            if (life.tryLock(deadlineNanos, TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new HsmException(Errno.ETIMEDOUT, "swap", "another change of %s did not end in time".formatted(name()));
    }

    /** A factory has gone: whatever it made is parked, and the partition stands still until another one comes. */
    void factoryGone(HardwareFactory factory) {
        var hit = places.stream().filter(place -> place.offer().is(factory)).toList();
        if (!hit.isEmpty()) {
            onControlThread(() -> park(hit));
        }
    }

    /** A factory of this kind has come: parked places may go on with it. */
    void factoryCame(String kind) {
        var hit = places.stream().filter(place -> place.shelf.kind().equals(kind) && place.parked() != null).toList();
        if (!hit.isEmpty()) {
            onControlThread(() -> refit(hit));
        }
    }

    /** Not on a vCPU's own thread, which would have to wait for itself. */
    private void onControlThread(Runnable action) {
        if (ownThread()) {
            Thread.ofPlatform().name(name() + "-control").daemon().start(action);
        } else {
            action.run();
        }
    }

    private void park(List<Fitted<?, ?>> hit) {
        String sentence = missing(hit.getFirst());
        boolean stopped = false;
        life.lock();
        try {
            stopped = state == State.RUNNING;
            goOnWhenFitted |= stopped;
            reason = sentence;
            if (stopped) {
                halt();
            }
            save(hit.stream().filter(place -> place.parked() == null).toList());
        } finally {
            life.unlock();
        }
        if (stopped) {
            tellStopped(sentence);
        }
    }

    private void save(List<Fitted<?, ?>> lost) {
        try {
            rendezvous.meet("park", deadlineNanos(), () -> {
                swap.park(lost);
                return null;
            });
        } catch (RuntimeException e) {
            LOG.error("{} could not save what a plug-in left behind; it stays as it is", name(), e);
        }
    }

    private void refit(List<Fitted<?, ?>> hit) {
        life.lock();
        try {
            if (state != State.POWERED_OFF) {
                hit.stream().filter(place -> place.parked() != null)
                        .forEach(place -> swap.refit(place, deadlineNanos()));
                goOnIfWhole();
            }
        } finally {
            life.unlock();
        }
    }

    private void goOnIfWhole() {
        if (places.stream().allMatch(place -> place.parked() == null) && goOnWhenFitted && state == State.PAUSED) {
            goOnWhenFitted = false;
            LOG.info("{} goes on: all its hardware is there again", name());
            go();
        }
    }

    // ---- registers

    @Override
    public void setRegisters(int vcpu, VcpuState registers) {
        change("set registers", () -> {
            refuseUnless(state != State.RUNNING && state != State.POWERED_OFF, "set registers");
            checkVcpu("set registers", vcpu);
            refuseUnlessWhole("set registers");
            StartState.check(registers);
            vcpus.get(vcpu).start(registers);
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
        Vcpu waiting = vcpus.get(vcpu);
        if (waiting.mine()) {
            return; // in direct mode it looks at its slot when the upcall returns
        }
        // The caller has stored COMPLETE, with release; it must be visible before the vCPU is seen to stand still.
        VarHandle.fullFence();
        if (waiting.out()) {
            waiting.unpark();
        }
    }

    // ---- memory

    @Override
    public void setRegions(List<Region> regions) {
        refuseUnless(state != State.POWERED_OFF, "set regions");
        memory.apply(regions);
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
        tellStopped(sentence);
    }

    private void tellStopped(String sentence) {
        LOG.info("{} stopped: {}", name(), sentence);
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
        vcpus.forEach(vcpu -> lines.add(vcpu.describe()));
        places.forEach(place -> lines
                .add("%s is %s%s".formatted(place.place, place.offer(), place.parked() == null ? "" : ", parked")));
        lines.add("rendezvous %d, shoot-downs %d".formatted(rendezvous.meetings(), shootDown.count()));
        lines.addAll(memory.describe());
        return lines;
    }
}
