package org.cupule.machine.fake;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.VcpuState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/** A VM whose vCPUs are the tests. */
public class FakeVm implements VirtualMachine {
    private final int vmid;
    private final VmCreation creation;
    private final FakeMemory memory = new FakeMemory();
    private final FakeIoRequests requests = new FakeIoRequests();
    private final FakeInterrupts interrupts = new FakeInterrupts();
    private final FakeClock clock = new FakeClock();
    private final List<EventListener> listeners = new CopyOnWriteArrayList<>();
    private final List<Thread> leftBehind = new CopyOnWriteArrayList<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final Map<Integer, VcpuState> registers = new HashMap<>();
    private volatile Partition.State state = Partition.State.CREATED;

    public FakeVm(int vmid, VmCreation creation) {
        this.vmid = vmid;
        this.creation = creation;
    }

    public FakeVm() {
        this(1, VmCreation.of("fake", 1));
    }

    // ------------------------------------------------------------------ what a vCPU does

    public int in(int port, int size) {
        long value = requests.request(new FakeAccess(0, IoRequestPage.PORTIO, port, size, false, 0, 0, 0));
        return (int) (size == 4 ? value : value & (1L << 8 * size) - 1);
    }

    public void out(int port, int size, int value) {
        requests.request(new FakeAccess(0, IoRequestPage.PORTIO, port, size, true, value & 0xFFFF_FFFFL, 0, 0));
    }

    public long read(long gpa, int size) {
        long value = requests.request(new FakeAccess(0, IoRequestPage.MMIO, gpa, size, false, 0, 0, 0));
        return size == 8 ? value : value & (1L << 8 * size) - 1;
    }

    public void write(long gpa, int size, long value) {
        requests.request(new FakeAccess(0, IoRequestPage.MMIO, gpa, size, true, value, 0, 0));
    }

    public int readConfig(int bdf, int register, int size) {
        long value = requests.request(new FakeAccess(0, IoRequestPage.PCICFG, 0, size, false, 0, bdf, register));
        return (int) (size == 4 ? value : value & (1L << 8 * size) - 1);
    }

    public void writeConfig(int bdf, int register, int size, int value) {
        requests.request(
                new FakeAccess(0, IoRequestPage.PCICFG, 0, size, true, value & 0xFFFF_FFFFL, bdf, register));
    }

    /** Tells an event, as the hypervisor does. */
    public void tell(PartitionEvent event) {
        listeners.forEach(listener -> listener.event(event));
    }

    /** {@return the calls that changed its life, in order} */
    public List<String> calls() {
        return new ArrayList<>(calls);
    }

    /** {@return the registers that were set for a vCPU} */
    public VcpuState start(int vcpu) {
        return registers.get(vcpu);
    }

    public VmCreation creation() {
        return creation;
    }

    // ------------------------------------------------------------------ VirtualMachine

    @Override
    public int vmid() {
        return vmid;
    }

    @Override
    public String name() {
        return creation.name();
    }

    @Override
    public int vcpuCount() {
        return creation.vcpus();
    }

    @Override
    public HypervisorInfo hypervisor() {
        return new HypervisorInfo("fake", "1", "no hypervisor", HypervisorInfo.SlotProtocol.RAW, Set.of(), 16);
    }

    @Override
    public Partition.State state() {
        return state;
    }

    private void change(String call, Partition.State from, Partition.State to) {
        if (state != from) {
            throw new HsmException(Errno.EPERM, call, "it is " + state);
        }
        calls.add(call);
        state = to;
    }

    @Override
    public void start() {
        change("start", Partition.State.CREATED, Partition.State.RUNNING);
    }

    @Override
    public void pause() {
        if (state == Partition.State.RUNNING) {
            change("pause", Partition.State.RUNNING, Partition.State.PAUSED);
        }
    }

    @Override
    public void resume() {
        change("resume", Partition.State.PAUSED, Partition.State.RUNNING);
    }

    @Override
    public void reset() {
        change("reset", Partition.State.PAUSED, Partition.State.CREATED);
    }

    @Override
    public void destroy() {
        calls.add("destroy");
        state = Partition.State.POWERED_OFF;
    }

    @Override
    public void close() {
        pause();
        destroy();
    }

    @Override
    public void setRegisters(int vcpu, VcpuState wanted) {
        calls.add("registers");
        registers.put(vcpu, wanted);
    }

    @Override
    public Map<String, Long> registers(int vcpu) {
        return Map.of("RIP", 0x1234L);
    }

    @Override
    public String activity(int vcpu) {
        return "running";
    }

    @Override
    public FakeMemory memory() {
        return memory;
    }

    @Override
    public FakeIoRequests ioRequests() {
        return requests;
    }

    @Override
    public FakeInterrupts interrupts() {
        return interrupts;
    }

    @Override
    public FakeClock clock() {
        return clock;
    }

    @Override
    public void leaveBehind(Thread stuck) {
        leftBehind.add(stuck);
    }

    /** {@return the threads that were left behind} */
    public List<Thread> leftBehind() {
        return leftBehind;
    }

    @Override
    public List<String> describe() {
        return List.of();
    }

    @Override
    public void onEvent(EventListener listener) {
        listeners.add(listener);
    }
}
