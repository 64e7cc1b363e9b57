package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.Register;
import org.cupule.hv.sim.passthrough.AssignedDevices;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.InterruptMonitor;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.hypervisor.VcpuState;
import org.cupule.state.ModelState;
import org.cupule.time.VmClock;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition of the simulated hypervisor: its parts put together.
 *
 * @threading any thread. A vCPU's own thread, inside an upcall, is refused with EBUSY where it would wait for itself
 */
final class SimPartition implements Partition {
    private static final Logger LOG = LoggerFactory.getLogger(SimPartition.class);
    /** How many different unhandled things are told of: a hostile guest must not fill the host's memory. */
    private static final int MOST_TOLD = 1024;

    final SimClock clock;
    final Rendezvous rendezvous;
    final Life life;
    final ShootDown shootDown;
    final MemoryMap memory;
    final InterruptFabric fabric;
    final HypervisorLeaves leaves;
    final IrqMonitor irqs;
    final AssignedDevices devices;
    final PciPorts pciPorts;
    final Upcall upcall;
    /** What makes it a Service VM; null for others. */
    final @Nullable ServiceVm service;
    final List<Vcpu> vcpus;
    final HardwareBay bay;

    private final int vmid;
    private final int vcpuCount;
    private final PartitionCreation creation;
    private final boolean polling;
    private final boolean sharesMemory;
    private final SimHypervisor hypervisor;
    private final VcpuThreads threads;
    private final Set<Long> told = ConcurrentHashMap.newKeySet();
    private volatile @Nullable IoRequestPage page;

    /**
     * Makes a partition.
     *
     * @param owner
     *            the Service VM whose memory it lives in, or null
     */
    SimPartition(SimHypervisor hypervisor, int vmid, int vcpuCount, PartitionCreation creation, Upcall upcall,
            HardwareChoice hardware, @Nullable SimPartition owner) {
        this.hypervisor = hypervisor;
        this.vmid = vmid;
        this.vcpuCount = vcpuCount;
        this.creation = creation;
        this.polling = (creation.flags() & PartitionCreation.COMPLETION_POLLING) != 0;
        this.upcall = upcall;
        this.service = (creation.flags() & PartitionCreation.SERVICE_VM) == 0 ? null : new ServiceVm(this, hypervisor);
        this.sharesMemory = service != null || owner != null;
        this.shootDown = owner == null ? new ShootDown() : new ShootDown(owner.shootDown);
        this.leaves = new HypervisorLeaves(Vcpu.TSC_HERTZ, service != null);
        this.clock = creation.deterministic()
                ? new InstructionClock(hypervisor.deterministicEpoch(), this::wakeAll)
                : new HostClock(name(), System::nanoTime, System.currentTimeMillis() / 1000);
        this.rendezvous = new Rendezvous(clock);
        this.life = new Life(name(), clock, rendezvous);
        this.memory = new MemoryMap(hardware, shootDown);
        this.fabric = new InterruptFabric(creation.behaviour(), hardware);
        this.irqs = new IrqMonitor(fabric, clock);
        this.devices = new AssignedDevices(hypervisor.host(), new PassthroughSide(this));
        this.pciPorts = new PciPorts(creation.behaviour() == Behaviour.ACRN, devices);
        this.vcpus = IntStream.range(0, vcpuCount).mapToObj(index -> new Vcpu(this, index, hardware)).toList();
        rendezvous.of(vcpus);
        life.of(vcpus);
        fabric.of(vcpus);
        shootDown.of(vcpus);
        this.bay = new HardwareBay(this, Stream.concat(Stream.of(memory.ept, fabric.ioapic, fabric.pic),
                vcpus.stream().flatMap(vcpu -> Stream.of(vcpu.cpu, vcpu.lapic))).toList());
        this.threads = new VcpuThreads(this);
    }

    @Override
    public int vmid() {
        return vmid;
    }

    SimHypervisor hypervisor() {
        return hypervisor;
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
        return life.state();
    }

    Behaviour behaviour() {
        return creation.behaviour();
    }

    boolean deterministic() {
        return creation.deterministic();
    }

    /** {@return which hardware models are wanted} */
    Map<String, String> models() {
        return creation.models();
    }

    /** {@return whether guests of other partitions execute in its memory too} */
    boolean sharesMemory() {
        return sharesMemory;
    }

    boolean polling() {
        return polling;
    }

    /** {@return how long vCPUs may take to stand still} */
    long deadlineNanos() {
        return hypervisor.deadlineNanos();
    }

    /** {@return how long a call into a device of the host may take} */
    long deviceCallNanos() {
        return hypervisor.deviceCallNanos();
    }

    /** {@return how many vCPUs wait for the answer of a request} */
    int requestsInFlight() {
        return (int) vcpus.stream().filter(Vcpu::waitsForAnswer).count();
    }

    // ---- life

    @Override
    public void start() {
        life.change("start", () -> {
            life.refuseUnless(state() == State.CREATED, "start");
            if (page == null) {
                throw new HsmException(Errno.EPERM, "start",
                        name() + " has no I/O request page: register one before the start");
            }
            bay.refuseUnlessWhole("start");
            vcpus.forEach(Vcpu::prepare);
            threads.start();
            life.go();
        });
    }

    @Override
    public void pause() {
        life.change("pause", () -> {
            life.refuseUnless(!life.over(), "pause");
            bay.stayPaused();
            standingStill("pause", life::halt);
        });
    }

    @Override
    public void resume() {
        life.change("resume", () -> {
            life.refuseUnless(state() == State.PAUSED, "resume");
            bay.refuseUnlessWhole("resume");
            vcpus.forEach(Vcpu::prepare);
            threads.start(); // after a restore nobody has started them yet
            life.go();
        });
    }

    @Override
    public void reset() {
        life.change("reset", () -> {
            life.refuseUnless(state() == State.PAUSED, "reset");
            bay.refuseUnlessWhole("reset");
            endUserVms();
            standingStill("reset", this::powerOn);
        });
    }

    private void powerOn() {
        vcpus.forEach(Vcpu::reset);
        irqs.reset();
        fabric.reset();
        pciPorts.reset();
        devices.reset();
        if (page != null) {
            page().free();
        }
        life.reason(null);
        life.become(State.CREATED);
    }

    @Override
    public void destroy() {
        life.change("destroy", () -> {
            life.refuseUnless(state() == State.PAUSED || state() == State.CREATED, "destroy");
            endUserVms();
            standingStill("destroy", () -> life.become(State.POWERED_OFF));
            threads.end(TimeUnit.NANOSECONDS.toMillis(deadlineNanos()));
            devices.close();
            memory.clear();
            shootDown.leave();
            page = null;
            hypervisor.free(vmid);
        });
        // Without the life lock: the last action of a timer may just want it.
        clock.close();
    }

    private void endUserVms() {
        if (service != null) {
            service.end();
        }
    }

    /**
     * Takes a vCPU of a Service VM away from its guest ({@code hsm.md} 13.3).
     *
     * @return 0, also where there is none with this id
     * @throws HsmException
     *             EPERM for the bootstrap processor
     */
    int offline(int apicId) {
        life.refuseUnless(apicId != 0, "offline the bootstrap processor");
        vcpus.stream().filter(vcpu -> vcpu.index == apicId).forEach(vcpu -> vcpu.post(Inbox.OFFLINE));
        return 0;
    }

    // ---- snapshot

    @Override
    public List<String> saveObstacles() {
        var obstacles = new ArrayList<String>();
        if (sharesMemory) {
            obstacles.add("%s is a Service VM or runs in the memory of one, and shares memory with others"
                    .formatted(name()));
        }
        if (!devices.isEmpty()) {
            obstacles.add("%s has devices of the host or of the hypervisor, which stay here: deassign %s"
                    .formatted(name(), devices.devices()));
        }
        return obstacles;
    }

    @Override
    public Map<String, ModelState> save() {
        var saved = new AtomicReference<Map<String, ModelState>>(Map.of());
        life.change("save", () -> {
            life.refuseUnless(state() == State.PAUSED, "save");
            standingStill("save", () -> {
                vcpus.forEach(Vcpu::prepare);
                saved.set(new PartitionState(this, creation.models()).save());
            });
        });
        return saved.get();
    }

    @Override
    public void restore(Map<String, ModelState> saved) {
        life.change("restore", () -> {
            life.refuseUnless(state() == State.CREATED && page != null, "restore");
            bay.refuseUnlessWhole("restore");
            standingStill("restore", () -> {
                new PartitionState(this, creation.models()).restore(saved);
                life.become(State.PAUSED);
            });
        });
    }

    private void standingStill(String operation, Runnable action) {
        rendezvous.meet(operation, deadlineNanos(), () -> {
            action.run();
            return null;
        });
    }

    // ---- registers

    @Override
    public void setRegisters(int vcpu, VcpuState registers) {
        life.change("set registers", () -> {
            life.refuseUnless(!life.running() && !life.over(), "set registers");
            checkVcpu("set registers", vcpu);
            bay.refuseUnlessWhole("set registers");
            StartState.check(registers);
            vcpus.get(vcpu).start(registers);
        });
    }

    @Override
    public Map<String, Long> registers(int vcpu) {
        checkVcpu("registers", vcpu);
        Vcpu asked = vcpus.get(vcpu);
        return asked.mine() ? StartState.read(asked.cpu()) : standing("registers", asked, StartState::read);
    }

    @Override
    public void hold() {
        if (life.running()) {
            rendezvous.close(Rendezvous.NOT_RUNNING);
        }
    }

    @Override
    public List<Long> recentCode(int vcpu) {
        checkVcpu("recentCode", vcpu);
        return standing("recentCode", vcpus.get(vcpu),
                cpu -> Arrays.stream(cpu.recentBlocks()).boxed().toList());
    }

    /** {@return what is read of a CPU that stands still} */
    private <T> T standing(String operation, Vcpu asked, Function<Cpu, T> question) {
        life.lock(operation, deadlineNanos());
        try {
            if (life.running()) {
                throw new HsmException(Errno.EBUSY, operation, name() + " runs: pause it first");
            }
            return rendezvous.meet(operation, deadlineNanos(), () -> {
                asked.prepare();
                return question.apply(asked.cpu());
            });
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
                    "%s has %d vCPUs, so there is no vcpu%d".formatted(name(), vcpuCount, vcpu));
        }
    }

    // ---- I/O requests

    @Override
    public void setIoRequestPage(MemorySegment memory) {
        life.change("set io request page", () -> {
            life.refuseUnless(state() == State.CREATED, "set io request page");
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

    /** {@return the I/O request page; there is one whenever vCPUs run} */
    IoRequestPage page() {
        IoRequestPage registered = page;
        if (registered == null) {
            throw new IllegalStateException("a vCPU runs without an I/O request page");
        }
        return registered;
    }

    @Override
    public void finish(int vcpu) {
        life.refuseUnless(!life.over() && page != null, "finish");
        checkVcpu("finish", vcpu);
        Vcpu waiting = vcpus.get(vcpu);
        if (waiting.mine()) {
            return; // in direct mode it looks at its slot when the upcall returns
        }
        // The caller has stored COMPLETE, with release; it must be visible before the vCPU is seen to stand still.
        VarHandle.fullFence();
        if (waiting.out()) {
            waiting.unpark();
        } else if (waiting.inUpcall()) {
            threads.watch(waiting);
        }
    }

    @Override
    public void leaveBehind(Thread stuck) {
        threads.leaveBehind(stuck);
        clock.leaveBehind(stuck);
    }

    // ---- memory, interrupts and time

    @Override
    public void setRegions(List<Region> regions) {
        life.refuseUnless(!life.over(), "set regions");
        memory.apply(regions);
    }

    @Override
    public void injectMsi(Msi msi) {
        life.refuseUnless(!life.over(), "inject msi");
        irqs.message(msi);
    }

    @Override
    public void setIrqLine(int gsi, int operation) {
        life.refuseUnless(!life.over(), "set irq line");
        irqs.line(gsi, operation);
    }

    @Override
    public void onEndOfInterrupt(EndOfInterruptListener listener) {
        fabric.onEndOfInterrupt(listener);
    }

    @Override
    public InterruptMonitor interruptMonitor() {
        life.refuseUnless(!life.over(), "interrupt monitor");
        return irqs;
    }

    @Override
    public DeviceAssignment deviceAssignment() {
        return devices;
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
            rendezvous.yieldTurn();
            try {
                rendezvous.meet("split lock", deadlineNanos(), () -> {
                    if (life.running()) {
                        vcpu.exclusive();
                    }
                    return null;
                });
            } catch (HsmException e) {
                LOG.debug("{} vcpu{}: {}", name(), vcpu.index, e.getMessage());
            }
        }
    }

    /** A vCPU cannot go on: the partition is PAUSED with a reason. */
    void stop(String sentence) {
        life.halt();
        life.reason(sentence);
        tellStopped(sentence);
    }

    /** Tells that the partition stopped by itself. */
    void tellStopped(String sentence) {
        LOG.info("{} stopped: {}", name(), sentence);
        upcall.event(new PartitionEvent.Stopped(sentence));
    }

    /** Tells that the partition goes on by itself. */
    void tellContinued() {
        upcall.event(new PartitionEvent.Continued());
    }

    /** A model or an upcall threw on a vCPU's thread. */
    void failed(Vcpu vcpu, Throwable failure) {
        LOG.error("{} vcpu{} failed", name(), vcpu.index, failure);
        stop("vcpu%d failed in %s or in an upcall: %s".formatted(vcpu.index, vcpu.cpu.offer(), failure));
    }

    /** A vCPU has shut down. */
    void tripleFault(Vcpu vcpu, String report) {
        if (behaviour() == Behaviour.ACRN) {
            vcpu.requestPowerOff();
        }
        life.halt();
        life.reason("vcpu%d had a triple fault".formatted(vcpu.index));
        LOG.info("{} vcpu{}: triple fault\n{}", name(), vcpu.index, report);
        if (service != null) {
            service.endQuietly();
        }
        upcall.event(new PartitionEvent.TripleFault(vcpu.index, report));
    }

    void unknownInstruction(int vcpu, long rip, byte[] bytes) {
        if (first(rip)) {
            tell("vcpu%d: unknown instruction at 0x%x: %s; the guest gets #UD".formatted(vcpu, rip,
                    HexFormat.ofDelimiter(" ").formatHex(bytes)));
        }
    }

    void unhandledMsr(Vcpu vcpu, int number, boolean write, long value) {
        if (first(1L << 63 | number & 0xFFFF_FFFFL)) {
            tell("vcpu%d: %s of MSR 0x%x, which nobody has, at RIP 0x%x; the guest gets #GP".formatted(vcpu.index,
                    write ? "write 0x%x".formatted(value) : "read", number, vcpu.cpu().register(Register.RIP)));
        }
    }

    private boolean first(long what) {
        return told.size() < MOST_TOLD && told.add(what);
    }

    private void tell(String sentence) {
        LOG.debug("{} {}", name(), sentence);
        upcall.event(new PartitionEvent.Unhandled(sentence));
    }

    // ---- people

    @Override
    public List<String> describe() {
        var lines = new ArrayList<String>();
        lines.add("%s '%s' %s, behaviour %s, %s time %d ns".formatted(name(), creation.name(), state(), behaviour(),
                creation.deterministic() ? "deterministic" : "host", clock.nanos()));
        if (life.reason() != null) {
            lines.add("stopped: " + life.reason());
        }
        vcpus.forEach(vcpu -> lines.add(vcpu.describe()));
        bay.places().forEach(place -> lines
                .add("%s is %s%s".formatted(place.place, place.offer(), place.parked() == null ? "" : ", parked")));
        lines.add("rendezvous %d, shoot-downs %d".formatted(rendezvous.meetings(), shootDown.count()));
        lines.add(irqs.describe());
        devices.devices().forEach(device -> lines.add("device %s %s at %s%s%s".formatted(device.kind(), device.name(),
                device.guest(), device.host().isEmpty() ? "" : ", host " + device.host(),
                device.interrupt().isEmpty() ? "" : ", " + device.interrupt())));
        lines.addAll(memory.describe());
        return lines;
    }
}
