package org.cupule.examples.accelerator;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;

class AcceleratorContractTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new AcceleratorFactory(1000);
    }

    @Override
    protected void exercise(FakeMachine machine) {
        machine.enableMsi(1);
        machine.ram().poke(FakeMachine.RAM, "abc");
        machine.write(0, Accelerator.SOURCE, 8, FakeMachine.RAM);
        machine.write(0, Accelerator.TARGET, 8, FakeMachine.RAM + 0x100);
        machine.write(0, Accelerator.LENGTH, 4, 3);
        machine.write(0, Accelerator.COMMAND, 4, 1);
        machine.clock().advance(1000);
        machine.write(0, Accelerator.COMMAND, 4, 1);
    }
}
