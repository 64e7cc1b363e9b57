package org.cupule.dev.pit;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;

class Pit8254ContractTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new Pit8254Factory();
    }

    @Override
    protected void exercise(FakeMachine machine) {
        machine.clock().advance(1_000_000);
        machine.out(3, 0x34);
        machine.out(0, 0xA9);
        machine.out(0, 0x04);
        machine.out(3, 0x77);
        machine.out(1, 0x23);
        machine.out(1, 0x01);
        machine.out(3, 0xB2);
        machine.out(2, 0x50);
        machine.out(2, 0x00);
        machine.out(1, 0, 1, 0x03);
        machine.clock().advance(1_500_000);
        machine.out(0, 0x00);
        machine.out(0, 0x08);
        machine.out(3, 0xC8);
        machine.out(2, 0x33);
    }
}
