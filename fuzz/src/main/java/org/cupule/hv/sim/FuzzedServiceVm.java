package org.cupule.hv.sim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.Register;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Behaviour;

/**
 * A Service VM whose hypercalls somebody else makes, register by register. It is in this package to reach them; its own
 * processor never runs.
 *
 * @threading one thread
 */
public final class FuzzedServiceVm implements AutoCloseable {
    /** Its memory, from guest physical address 0 on. */
    public static final int RAM_BYTES = 256 << 10;

    private final Arena arena = Arena.ofShared();
    private final Ram ram = new Ram(arena.allocate(RAM_BYTES, Ram.PAGE_BYTES));
    private final SimHypervisor hypervisor;
    private final SimPartition vm;
    private final Hypercalls calls;
    private final Cpu cpu;

    /** Makes one on a hypervisor. */
    public FuzzedServiceVm(SimHypervisor hypervisor) {
        this.hypervisor = hypervisor;
        this.vm = (SimPartition) hypervisor.create(new PartitionCreation("service", 1, PartitionCreation.SERVICE_VM,
                Behaviour.ACRN, false, false, Map.of()), new Silent());
        vm.setRegions(List.of(Region.add(0, ram, 0, RAM_BYTES, Access.ALL)));
        this.calls = new Hypercalls(vm, vm.service);
        this.cpu = vm.vcpus.getFirst().cpu();
    }

    private static final class Silent implements Upcall {
        @Override
        public void request(int vcpu) {
            // It never runs.
        }

        @Override
        public void event(PartitionEvent event) {
            // Nobody is interested.
        }
    }

    /** {@return its memory} */
    public MemorySegment memory() {
        return ram.segment();
    }

    /** Makes a hypercall. @return what RAX gets */
    public long call(long id, long first, long second) {
        cpu.register(Register.R8, id);
        cpu.register(Register.RDI, first);
        cpu.register(Register.RSI, second);
        return calls.call(cpu);
    }

    /** {@return how many VMs there are on the hypervisor, this one included} */
    public int vms() {
        return hypervisor.partitions().size();
    }

    /** Ends its User VMs, as when its guest is reset. */
    public void endUserVms() {
        vm.service.end();
        ram.segment().fill((byte) 0);
    }

    @Override
    public void close() {
        endUserVms();
        vm.destroy();
        arena.close();
    }
}
