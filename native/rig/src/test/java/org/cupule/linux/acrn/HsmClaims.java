package org.cupule.linux.acrn;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.HypervisorBelow;
import org.cupule.tck.hsm.InterruptContract;
import org.cupule.tck.hsm.InterruptMonitorContract;
import org.cupule.tck.hsm.IoreqContract;
import org.cupule.tck.hsm.IoreqRaceContract;
import org.cupule.tck.hsm.MemoryContract;
import org.cupule.tck.hsm.PassthroughContract;
import org.cupule.tck.hsm.PciCombinerContract;
import org.cupule.tck.hsm.PollingContract;
import org.cupule.tck.hsm.PowerContract;
import org.cupule.tck.hsm.StuckHandlerContract;
import org.cupule.tck.hsm.UpcallContract;
import org.cupule.tck.hsm.VmContract;
import org.cupule.tck.hsm.ScriptedDevices;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The contracts of the HSM, on the backend under test, on Linux's own driver, on the stand-in. What that cannot show is
 * skipped with its reason.
 */
@ExtendWith(NotInRig.class)
class HsmClaims {
    /** Each takes about a millisecond here. */
    private static final int REQUESTS = 300;

    @Nested
    class Interrupt extends InterruptContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class IoreqRace extends IoreqRaceContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }

        @Override
        protected int requestsEach() {
            return REQUESTS;
        }
    }

    @Nested
    class Ioreq extends IoreqContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class Memory extends MemoryContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class PciCombiner extends PciCombinerContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class Polling extends PollingContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }

        @Override
        protected int requestsInARow() {
            return REQUESTS;
        }
    }

    @Nested
    class StuckHandler extends StuckHandlerContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class Upcall extends UpcallContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class Vm extends VmContract {
        @Override
        protected HypervisorBelow below() {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class InterruptMonitor extends InterruptMonitorContract {
        @Override
        protected Hypervisor hypervisor(ScriptedDevices host) {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class Passthrough extends PassthroughContract {
        @Override
        protected Hypervisor hypervisor(ScriptedDevices host) {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }
    }

    @Nested
    class Power extends PowerContract {
        @Override
        protected Hypervisor hypervisor(ScriptedDevices host) {
            return new StandInHypervisor();
        }

        @Override
        protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
            return OnAcrn.hsm(hypervisors);
        }

        @Override
        protected int states() {
            return 2;
        }

        @Override
        protected CState first() {
            return new CState(new CState.Register(0x7F, 1, 2, 1, 0), 1, 1, 1000);
        }
    }
}
