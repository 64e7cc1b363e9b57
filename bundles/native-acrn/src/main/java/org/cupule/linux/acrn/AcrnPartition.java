package org.cupule.linux.acrn;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.cupule.abi.AcrnMsiEntry;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.EventFdOffload;
import org.cupule.hypervisor.InterruptMonitor;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.hypervisor.VcpuState;
import org.cupule.time.VmClock;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A VM of ACRN: one open file of the driver, which never gets a second VM ({@code hsm.md} 4.7). States and arguments
 * are checked by the hypervisor; the driver tells no state, so this one is what the calls so far have made.
 *
 * <p>
 * It is taken apart in an order that the driver does not keep by itself ({@code hsm.md} 4.6, 4.7, 7.11): paused, nobody
 * left in ATTACH, destroyed, file closed.
 *
 * @threading any thread; calls that change the state under one lock
 */
final class AcrnPartition implements Partition {
    private static final Logger LOG = LoggerFactory.getLogger(AcrnPartition.class);

    /**
     * What a partition is made of.
     *
     * @param file
     *            with the VM created
     * @param attachMillis
     *            how long a thread may take to leave ATTACH
     */
    record Made(HsmFile file, Driver driver, int vmid, int vcpus, String name, IoRequestPage page, long attachMillis) {
    }

    private final Made made;
    private final HsmFile file;
    private final AttachLoop attach;
    private final Notices notices;
    private final AcrnMemory memory;
    private final AcrnDevices devices;
    private final AcrnEventFds eventFds;
    private final RunningClock clock;
    private final Consumer<AcrnPartition> onEnd;
    private final ReentrantLock life = new ReentrantLock();
    private boolean client;
    private volatile State state = State.CREATED;

    AcrnPartition(Made made, Upcall upcall, Consumer<AcrnPartition> onEnd) {
        this.made = made;
        this.file = made.file;
        this.onEnd = onEnd;
        this.attach = new AttachLoop("vm" + made.vmid + "-attach", file, made.driver, made.page, made.vcpus, upcall);
        this.notices = new Notices(file, made.vmid, made.vcpus);
        this.memory = new AcrnMemory(file);
        this.devices = new AcrnDevices(file);
        this.eventFds = new AcrnEventFds(file, this::gone);
        this.clock = new RunningClock("vm" + made.vmid + "-timer", System::nanoTime,
                System.currentTimeMillis() / 1000);
    }

    private boolean gone() {
        return state == State.POWERED_OFF;
    }

    private void require(boolean holds, String operation, String instead) {
        if (!holds) {
            throw new HsmException(Errno.EPERM, operation,
                    "VM %d '%s' is %s; %s".formatted(made.vmid, made.name, state, instead));
        }
    }

    private void requireThere(String operation) {
        require(!gone(), operation, "create another one");
    }

    @Override
    public int vmid() {
        return made.vmid;
    }

    @Override
    public int vcpuCount() {
        return made.vcpus;
    }

    @Override
    public State state() {
        return state;
    }

    private void serialised(Runnable change) {
        life.lock();
        try {
            change.run();
        } finally {
            life.unlock();
        }
    }

    @Override
    public void start() {
        serialised(() -> {
            require(state == State.CREATED, "start", "reset it first");
            boolean first = !client;
            if (first) {
                file.call(IoctlNumber.CREATE_IOREQ_CLIENT);
                client = true;
            }
            try {
                attach.start(); // before the guest's first request
                file.call(IoctlNumber.START_VM);
            } catch (RuntimeException | Error refused) {
                undoClient(first);
                throw refused;
            }
            state = State.RUNNING;
            clock.run();
        });
    }

    private void undoClient(boolean first) {
        if (first && attach.stop(made.attachMillis)) {
            long result = file.ask(IoctlNumber.DESTROY_IOREQ_CLIENT);
            client = result < 0;
        }
    }

    @Override
    public void pause() {
        serialised(() -> {
            requireThere("pause");
            file.call(IoctlNumber.PAUSE_VM);
            state = State.PAUSED;
            clock.hold();
        });
    }

    @Override
    public void resume() {
        requireThere("resume");
        throw new HsmException(Errno.EOPNOTSUPP, "resume", "ACRN has no call that lets a paused VM go on: "
                + "reset it and start it again, or run it on a hypervisor that can");
    }

    @Override
    public void reset() {
        serialised(() -> {
            require(state == State.PAUSED, "reset", "pause it first");
            file.call(IoctlNumber.CLEAR_VM_IOREQ); // first: afterwards the slots are FREE, and must not become COMPLETE
            file.call(IoctlNumber.RESET_VM);
            state = State.CREATED;
        });
    }

    @Override
    public void destroy() {
        serialised(() -> {
            require(state == State.PAUSED || state == State.CREATED, "destroy", "pause it first");
            if (state == State.CREATED) {
                file.call(IoctlNumber.PAUSE_VM); // ACRN destroys only what is PAUSED (hsm.md 4.2)
                state = State.PAUSED;
            }
            leaveDriver();
            end();
        });
    }

    private void leaveDriver() {
        if (!attach.stop(made.attachMillis)) {
            LOG.error("VM {} '{}': its thread has not left ATTACH_IOREQ_CLIENT for {} ms; VM and descriptor are kept",
                    made.vmid, made.name, made.attachMillis);
            throw new HsmException(Errno.EBUSY, "destroy",
                    "the thread that waits in the driver for VM %d '%s' has not come back for %d ms; the VM is kept, since the driver would free what that thread uses; try again"
                            .formatted(made.vmid, made.name, made.attachMillis));
        }
    }

    /** Destroys it in the hypervisor; when that refuses, all is as it was. */
    private void end() {
        try {
            file.call(IoctlNumber.DESTROY_VM);
        } catch (RuntimeException | Error refused) {
            if (client) {
                attach.start();
            }
            throw refused;
        }
        state = State.POWERED_OFF;
        file.close();
        clock.close();
        onEnd.accept(this);
    }

    @Override
    public void setRegisters(int vcpu, VcpuState registers) {
        requireThere("setRegisters");
        file.call(IoctlNumber.SET_VCPU_REGS, AcrnVcpuRegs::new, to -> StartRegisters.fill(to, vcpu, registers));
    }

    @Override
    public Map<String, Long> registers(int vcpu) {
        throw new HsmException(Errno.EOPNOTSUPP, "registers",
                "ACRN tells nobody the registers of a vCPU: run the VM on another hypervisor to look at them");
    }

    /** What a vCPU does is ACRN's secret; what its slot says is not. */
    @Override
    public String activity(int vcpu) {
        if (vcpu < 0 || vcpu >= made.vcpus) {
            throw new HsmException(Errno.EINVAL, "activity", "there is no vCPU " + vcpu + " among " + made.vcpus);
        }
        if (state != State.RUNNING) {
            return state.name().toLowerCase(java.util.Locale.ROOT);
        }
        int slot = made.page.state(vcpu);
        return slot == IoRequestPage.PENDING || slot == IoRequestPage.PROCESSING ? "in request" : "running";
    }

    @Override
    public void setIoRequestPage(MemorySegment page) {
        throw new HsmException(Errno.EPERM, "setIoRequestPage",
                "the driver takes the page when the VM is created, once");
    }

    @Override
    public void finish(int vcpu) {
        long result = notices.finish(vcpu);
        attach.finished();
        if (result < 0) {
            requireThere("finish");
            throw file.failure(IoctlNumber.NOTIFY_REQUEST_FINISH, result);
        }
    }

    @Override
    public void setRegions(List<Region> regions) {
        requireThere("setRegions");
        memory.set(regions);
    }

    @Override
    public boolean mapsHostMemory() {
        return true;
    }

    @Override
    public void injectMsi(Msi msi) {
        requireThere("injectMsi");
        file.call(IoctlNumber.INJECT_MSI, AcrnMsiEntry::new, entry -> {
            entry.address(msi.address());
            entry.data(msi.data());
        });
    }

    @Override
    public void setIrqLine(int gsi, int operation) {
        requireThere("setIrqLine");
        file.call(IoctlNumber.SET_IRQLINE, Integer.toUnsignedLong(gsi) | (long) operation << Integer.SIZE);
    }

    /** ACRN tells nobody of ends of interrupt. */
    @Override
    public void onEndOfInterrupt(EndOfInterruptListener listener) {
        requireThere("onEndOfInterrupt");
    }

    @Override
    public DeviceAssignment deviceAssignment() {
        return devices;
    }

    /** The driver keeps the last page pinned, and asks for one that begins at a page's first byte (10.4). */
    @Override
    public InterruptMonitor interruptMonitor() {
        return page -> {
            requireThere("interrupt monitor");
            file.check(IoctlNumber.VM_INTR_MONITOR, file.ask(IoctlNumber.VM_INTR_MONITOR, page));
        };
    }

    @Override
    public Optional<EventFdOffload> eventFdOffload() {
        return Optional.of(eventFds);
    }

    @Override
    public List<String> saveObstacles() {
        return List.of("ACRN tells nobody the registers of VM %d '%s', so it cannot be saved".formatted(made.vmid,
                made.name));
    }

    @Override
    public VmClock clock() {
        return clock;
    }

    @Override
    public void leaveBehind(Thread stuck) {
        attach.leaveBehind(stuck);
        clock.leaveBehind(stuck);
    }

    /** {@return the file, for questions about the VM} */
    HsmFile file() {
        return file;
    }

    /** {@return what it has of the host} */
    AcrnDevices devices() {
        return devices;
    }

    @Override
    public List<String> describe() {
        return List.of("VM %d '%s' of ACRN, %d vCPUs, %s".formatted(made.vmid, made.name, made.vcpus, state),
                "I/O requests come through the driver: %s".formatted(attach.running()
                        ? "a thread waits in it"
                        : "nobody waits in it"),
                "memory: %d regions".formatted(memory.count()), file.kept());
    }
}
