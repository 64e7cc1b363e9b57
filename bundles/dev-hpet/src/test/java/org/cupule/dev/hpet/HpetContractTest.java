package org.cupule.dev.hpet;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;

class HpetContractTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new HpetFactory();
    }

    @Override
    protected void exercise(FakeMachine machine) {
        machine.clock().advance(1_000_003);
        machine.write(0, 0x100, 4, 0x4C);
        machine.write(0, 0x108, 8, 5_000);
        machine.write(0, 0x120, 4, 24 << 9 | 6);
        machine.write(0, 0x128, 8, 7_000);
        machine.write(0, 0x140, 4, 25 << 9 | 0x104);
        machine.write(0, 0x148, 4, 6_000);
        machine.write(0, 0x10, 4, 3);
        machine.clock().advance(71_237);
        machine.write(0, 0x10, 4, 1);
        machine.clock().advance(40_000);
    }
}
