package org.cupule.machine.fake;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.HypervisorInfo;

/** Makes fake VMs. */
public final class FakeHsm implements HypervisorServiceModule {
    private final List<FakeVm> vms = new CopyOnWriteArrayList<>();

    /** {@return the VMs that were made, oldest first} */
    public List<FakeVm> vms() {
        return vms;
    }

    @Override
    public List<HypervisorInfo> hypervisors() {
        return List.of();
    }

    @Override
    public VirtualMachine create(VmCreation creation) {
        var vm = new FakeVm(vms.size() + 1, creation);
        vms.add(vm);
        return vm;
    }

    @Override
    public List<VirtualMachine> machines() {
        return List.copyOf(vms);
    }

    @Override
    public Optional<VirtualMachine> machine(int vmid) {
        return vms.stream().filter(vm -> vm.vmid() == vmid).map(VirtualMachine.class::cast).findFirst();
    }
}
