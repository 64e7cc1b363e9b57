package org.cupule.examples.temperature;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;

class TemperatureContractTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new TemperatureFactory(new Room(21_000, 100));
    }

    @Override
    protected void exercise(FakeMachine machine) {
        machine.write(0, Temperature.HIGH, 4, 21_000);
        machine.write(0, Temperature.PERIOD, 4, 10);
        machine.write(0, Temperature.CONTROL, 4, Temperature.RUN | Temperature.MAY_INTERRUPT);
        machine.clock().advance(25_000_000);
    }
}
