package org.cupule.hsm.impl;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.eventfd.EventFds;
import org.cupule.hsm.impl.eventfd.HostedEventFds;
import org.cupule.hsm.impl.interrupt.PartitionInterrupts;
import org.cupule.hsm.impl.ioreq.RoutedIoRequests;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.impl.memory.MappedMemory;
import org.cupule.hsm.impl.memory.VmArena;
import org.cupule.hsm.impl.passthrough.PartitionPassthrough;
import org.cupule.hsm.impl.power.HypervisorPower;
import org.cupule.hsm.impl.snapshot.VmState;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.hsm.passthrough.Passthrough;
import org.cupule.hsm.power.Power;
import org.cupule.hsm.snapshot.Snapshot;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.VcpuState;
import org.cupule.time.VmClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A VM on a partition of a hypervisor. The partition checks states and arguments, as the hypervisor does for the driver
 * ({@code hsm.md} 1.1, 4.2); this class keeps what the HSM owns: memory, page, clients.
 *
 * @threading any thread
 */
final class HostedVm implements VirtualMachine {
    private static final Logger LOG = LoggerFactory.getLogger(HostedVm.class);

    private final Life life;
    private final String name;
    private final HypervisorInfo hypervisor;
    private final Partition partition;
    private final VmArena arena;
    private final MappedMemory memory;
    private final RoutedIoRequests ioRequests;
    private final PartitionInterrupts interrupts;
    private final HostedEventFds eventFds;
    private final PartitionPassthrough passthrough;
    private final HypervisorPower power;
    private final VmState data;
    private final Consumer<HostedVm> unlink;
    private final List<EventListener> listeners = new CopyOnWriteArrayList<>();

    /**
     * Makes the HSM's side of a VM.
     *
     * @param arena
     *            owned by this VM from now on
     * @param page
     *            the I/O request page, of this arena, which the partition knows
     * @param unlink
     *            takes the VM out of the HSM's list
     */
    HostedVm(VmCreation creation, Hypervisor hypervisor, Partition partition, VmArena arena, MemorySegment page,
            Consumer<HostedVm> unlink) {
        this.name = creation.name();
        this.life = new Life(name.isEmpty() ? "VM" + partition.vmid() : name);
        this.hypervisor = hypervisor.info();
        this.partition = partition;
        this.arena = arena;
        this.memory = new MappedMemory(life, partition, arena);
        this.ioRequests = new RoutedIoRequests(life, partition, new IoRequestPage(page), this.hypervisor.slotProtocol(),
                creation.behaviour(), creation.queuedUpcall());
        ioRequests.beforeAnswer(memory::findForeignWrites);
        this.interrupts = new PartitionInterrupts(life, partition, memory::findForeignWrites);
        this.eventFds = new HostedEventFds(life, this.hypervisor, partition, memory::findForeignWrites,
                handler -> ioRequests.oldest("ioeventfd-" + partition.vmid(), handler), ioRequests::settle,
                arena.host()::eventFd);
        this.passthrough = new PartitionPassthrough(life, partition, hypervisor);
        this.power = new HypervisorPower(life, hypervisor);
        this.data = new VmState(life, this.hypervisor, partition, memory, ioRequests, eventFds, passthrough);
        this.unlink = unlink;
    }

    /** {@return the hypervisor's side} */
    Partition partition() {
        return partition;
    }

    /** {@return it as data, saved and to be restored} */
    VmState data() {
        return data;
    }

    /** After the end an upcall is nothing: the page is gone. */
    void request(int vcpu) {
        if (!life.gone()) {
            ioRequests.request(vcpu);
        }
    }

    void tell(PartitionEvent event) {
        for (EventListener listener : listeners) {
            try {
                listener.event(event);
            } catch (RuntimeException | Error failure) {
                LOG.warn("a listener of VM '{}' failed on {}", name, event, failure);
            }
        }
    }

    @Override
    public int vmid() {
        life.check("vmid");
        return partition.vmid();
    }

    @Override
    public String name() {
        life.check("name");
        return name;
    }

    @Override
    public int vcpuCount() {
        life.check("vcpuCount");
        return partition.vcpuCount();
    }

    @Override
    public HypervisorInfo hypervisor() {
        life.check("hypervisor");
        return hypervisor;
    }

    @Override
    public Partition.State state() {
        life.check("state");
        return partition.state();
    }

    @Override
    public void start() {
        life.check("start");
        memory.findForeignWrites();
        data.change(partition::start);
    }

    @Override
    public void pause() {
        life.check("pause");
        partition.pause();
    }

    @Override
    public void resume() {
        life.check("resume");
        memory.findForeignWrites();
        data.change(() -> {
            partition.resume();
            ioRequests.goOn();
        });
    }

    @Override
    public void reset() {
        life.check("reset");
        if (partition.state() != Partition.State.PAUSED) {
            partition.reset(); // refuses, and says why
            return;
        }
        data.change(() -> ioRequests.reset(partition::reset));
    }

    @Override
    public void destroy() {
        if (!life.begin()) {
            return;
        }
        try {
            data.change(partition::destroy);
        } catch (RuntimeException | Error refused) {
            life.revert();
            throw refused;
        }
        life.end();
        release();
    }

    /** The rest of the order of {@code hsm.md} 4.6. */
    private void release() {
        unlink.accept(this);
        eventFds.close();
        String left = ioRequests.shutDown();
        if (!left.isEmpty()) {
            LOG.error("{}; it was left behind when the VM was destroyed", left);
        }
        interrupts.close();
        arena.close();
        LOG.info("VM '{}' destroyed", name);
    }

    @Override
    public void close() {
        if (life.gone()) {
            return;
        }
        if (!pausedBeforeTheEnd()) {
            ioRequests.abandonBusy();
            pausedBeforeTheEnd();
        }
        destroy();
    }

    private boolean pausedBeforeTheEnd() {
        try {
            partition.pause();
            return true;
        } catch (RuntimeException refused) {
            LOG.debug("VM '{}' was not paused before it is destroyed", name, refused);
            return false;
        }
    }

    @Override
    public void setRegisters(int vcpu, VcpuState registers) {
        life.check("setRegisters");
        partition.setRegisters(vcpu, registers);
    }

    @Override
    public Map<String, Long> registers(int vcpu) {
        life.check("registers");
        return partition.registers(vcpu);
    }

    @Override
    public void hold() {
        partition.hold();
    }

    @Override
    public List<Long> recentCode(int vcpu) {
        life.check("recentCode");
        return partition.recentCode(vcpu);
    }

    @Override
    public String activity(int vcpu) {
        life.check("activity");
        return partition.activity(vcpu);
    }

    @Override
    public GuestMemory memory() {
        life.check("memory");
        return memory;
    }

    @Override
    public IoRequests ioRequests() {
        life.check("ioRequests");
        return ioRequests;
    }

    @Override
    public EventFds eventFds() {
        life.check("eventFds");
        return eventFds;
    }

    @Override
    public Interrupts interrupts() {
        life.check("interrupts");
        return interrupts;
    }

    @Override
    public Passthrough passthrough() {
        life.check("passthrough");
        return passthrough;
    }

    @Override
    public Power power() {
        life.check("power");
        return power;
    }

    @Override
    public Snapshot snapshot() {
        life.check("snapshot");
        return data;
    }

    @Override
    public VmClock clock() {
        life.check("clock");
        return partition.clock();
    }

    @Override
    public void leaveBehind(Thread stuck) {
        life.check("leaveBehind");
        partition.leaveBehind(stuck);
    }

    @Override
    public List<String> describe() {
        life.check("describe");
        return partition.describe();
    }

    @Override
    public void onEvent(EventListener listener) {
        life.check("onEvent");
        listeners.add(listener);
    }
}
