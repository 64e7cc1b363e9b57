package org.cupule.tck.hsm;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.PState;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.ProcessorPower;
import org.cupule.hypervisor.ServiceCpu;
import org.cupule.hypervisor.ServiceCpus;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Eight processors whose APIC ids are twice their numbers, with two C-states: what a fake hypervisor has for the topics
 * power and servicevm.
 *
 * @threading any thread
 */
final class FakeProcessors implements ProcessorPower, ServiceCpus {
    /** The C-states, C1 first. */
    static final List<CState> STATES = List.of(new CState(new CState.Register(0x7F, 1, 2, 3, 0x1122_3344_5566_7788L), 1,
            0x0102_0304, 0x1020_3040_5060_7080L), new CState(new CState.Register(1, 8, 0, 1, 0x414), 2, 50, 500));
    private static final int COUNT = 8;

    private final List<FakePartition> partitions;
    private final Set<Integer> offline = new TreeSet<>();
    private final Set<Integer> taken = new TreeSet<>();

    FakeProcessors(CopyOnWriteArrayList<FakePartition> partitions) {
        this.partitions = partitions;
    }

    private static HsmException failure(Errno errno, String sentence) {
        return new HsmException(errno, "fake", sentence);
    }

    private void check(int vmid) {
        State state = partitions.stream().filter(each -> each.vmid() == vmid).map(FakePartition::state).findFirst()
                .orElseThrow(() -> failure(Errno.ENOTTY, "there is no VM " + vmid));
        if (state != State.CREATED && state != State.PAUSED) {
            throw failure(Errno.EPERM, "the VM is " + state);
        }
    }

    @Override
    public int performanceStates(int vmid, int vcpu) {
        check(vmid);
        throw failure(Errno.EPERM, "guests see none");
    }

    @Override
    public PState performanceState(int vmid, int vcpu, int number) {
        check(vmid);
        throw failure(Errno.EPERM, "guests see none");
    }

    @Override
    public int idleStates(int vmid, int vcpu) {
        check(vmid);
        return STATES.size();
    }

    @Override
    public CState idleState(int vmid, int vcpu, int number) {
        check(vmid);
        if (number < 1 || number > STATES.size()) {
            throw failure(Errno.EPERM, "there is no C-state " + number);
        }
        return STATES.get(number - 1);
    }

    @Override
    public synchronized List<ServiceCpu> cpus() {
        return IntStream.range(0, COUNT).mapToObj(cpu -> new ServiceCpu(cpu, 2 * cpu, !offline.contains(cpu), cpu != 0))
                .toList();
    }

    @Override
    public synchronized void offline(int cpu) {
        offline.add(cpu);
    }

    @Override
    public synchronized void online(int cpu) {
        if (taken.contains(cpu)) {
            throw failure(Errno.EPERM, "the hypervisor has it");
        }
        offline.remove(cpu);
    }

    @Override
    public synchronized void offlineVcpu(int apicId) {
        if (apicId == 0) {
            throw failure(Errno.EPERM, "the bootstrap processor");
        }
        taken.add(apicId / 2);
        offline.add(apicId / 2);
    }
}
