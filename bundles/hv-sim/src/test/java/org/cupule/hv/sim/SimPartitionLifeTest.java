package org.cupule.hv.sim;

import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hypervisor.PartitionLifeContract;

class SimPartitionLifeTest extends PartitionLifeContract {
    private final SimHypervisor hypervisor = RealHardware.hypervisor();

    @Override
    protected Hypervisor hypervisor() {
        return hypervisor;
    }
}
