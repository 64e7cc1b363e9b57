package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Upcall;
import org.cupule.tck.hsm.ServiceVmContract;
import org.cupule.types.Behaviour;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

/** Through the HSM, to the hypervisor and back. */
class SimServiceVmTest extends ServiceVmContract {
    @Override
    protected Hypervisor hypervisor() {
        return RealHardware.hypervisor();
    }

    @Override
    protected HypervisorServiceModule hsm(Hypervisor hypervisor) {
        return RealHardware.hsm(List.of(hypervisor));
    }

    @Test
    void aProcessorThatWasTakenAwayIsForUserVms() {
        var hypervisor = RealHardware.hypervisor(Config.with("cpu_affinity", "1"));
        var creation = new PartitionCreation("test", 1 << 3, 0, Behaviour.ACRN, false, false, Map.of());
        assertThatThrownBy(() -> hypervisor.create(creation, NOBODY)).isInstanceOf(HsmException.class);

        hsm(hypervisor).serviceVm("").removeCpu("3");

        assertThat(hypervisor.create(creation, NOBODY).vcpuCount()).isEqualTo(1);
    }

    private static final Upcall NOBODY = new Upcall() {
        @Override
        public void request(int vcpu) {
            throw new AssertionError("nobody asks");
        }

        @Override
        public void event(PartitionEvent event) {
            // nobody listens
        }
    };
}
