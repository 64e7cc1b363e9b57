package org.cupule.dev.uart;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;

class Uart16550ContractTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new Uart16550Factory();
    }

    @Override
    protected void exercise(FakeMachine machine) {
        machine.out(3, 0x80);
        machine.out(0, 1);
        machine.out(1, 0);
        machine.out(3, 0x03);
        machine.out(2, 0xC1);
        machine.out(4, 0x1F);
        machine.out(0, 'l');
        machine.out(3, 0x43);
        machine.out(4, 0x0B);
        machine.out(1, 0x0F);
        machine.out(7, 0x5A);
        machine.out(0, 'H');
        machine.stream().room(1);
        machine.out(0, 'i');
        machine.out(0, '!');
        machine.out(0, '?');
        machine.stream().type("some words that are longer than the FIFO");
        machine.in(0);
        machine.clock().advance(100_000);
    }
}
