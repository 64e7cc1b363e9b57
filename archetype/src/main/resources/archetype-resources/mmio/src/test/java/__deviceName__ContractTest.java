package ${package};

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;

/** What every device must do, whatever it is: the platform's own checks. */
class ${deviceName}ContractTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new ${deviceName}Factory(0);
    }

    /** Leaves a state that differs from power-on in as many ways as there are. */
    @Override
    protected void exercise(FakeMachine machine) {
        machine.write(0, ${deviceName}.CONTROL, 4, 1);
        machine.write(0, ${deviceName}.VALUE, 4, 42);
    }
}
