package org.cupule.dev.rtc;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;

class Mc146818ContractTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new Mc146818Factory();
    }

    @Override
    protected void exercise(FakeMachine machine) {
        machine.clock().advance(2_700_000_000L);
        machine.out(0, 0, 2, 0x17 << 8 | 0x09);
        machine.out(0, 0, 2, 0xC0 << 8 | 0x05);
        machine.out(0, 0, 2, 0x2F << 8 | 0x0A);
        machine.out(0, 0, 2, 0x72 << 8 | 0x0B);
        machine.out(0, 0, 2, 0x99 << 8 | 0x40);
        machine.clock().advance(1_200_000_000L);
    }
}
