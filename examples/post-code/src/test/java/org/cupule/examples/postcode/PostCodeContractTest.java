package org.cupule.examples.postcode;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;

class PostCodeContractTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new PostCodeFactory(false);
    }

    @Override
    protected void exercise(FakeMachine machine) {
        machine.out(0, 0x3F);
        machine.out(0, 0x40);
    }
}
