package org.cupule.machine.device;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.cupule.device.DeviceFactory;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.fake.FakeVm;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.machine.stream.RingConsole;
import org.cupule.swap.SwapReport;

/** A board with devices, on a VM whose vCPU is the test. */
final class DeviceBench implements Requests {
    /** For what does not come to rest at all. */
    static final Policy HASTY = new Policy(3, Duration.ofMillis(200), Duration.ofMillis(50), Duration.ofSeconds(30));

    final FakeVm vm = new FakeVm();
    final RingConsole console = new RingConsole();
    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<DeviceEvent> events = new CopyOnWriteArrayList<>();
    volatile Policy policy = new Policy(3, Duration.ofSeconds(20), Duration.ofMillis(50), Duration.ofSeconds(30));
    final Devices devices;
    volatile Consumer<String> onQuarantine = target -> {
    };
    volatile BiConsumer<String, Thread> onLeftBehind = (where, thread) -> {
    };
    volatile Runnable onRequest = () -> {
    };

    DeviceBench() {
        var layout = new MemoryLayout(4 << 20);
        layout.build(vm.memory());
        devices = new Devices(new Board(vm, layout, this, new Oversight() {
            @Override
            public Policy get() {
                return policy;
            }

            @Override
            public void quarantined(String target) {
                onQuarantine.accept(target);
            }

            @Override
            public void leftBehind(String where, Thread thread) {
                onLeftBehind.accept(where, thread);
            }

            @Override
            public void changed(DeviceEvent event) {
                events.add(event);
            }
        }));
        vm.ioRequests().inlineDefault("default", devices::unclaimed);
    }

    /** Plugs a device of this factory in, named {@code x}. */
    DeviceBench plug(DeviceFactory factory) {
        return plug(factory, "x");
    }

    DeviceBench plug(DeviceFactory factory, String name) {
        return plug(factory, new DeviceDescription(factory.info().kind(), name, "", Map.of(), Map.of(), "", Map.of(),
                "console"));
    }

    DeviceBench plug(DeviceFactory factory, DeviceDescription description) {
        devices.plug(description, DeviceOffer.of(factory, 1), console);
        return this;
    }

    SwapReport swapTo(DeviceFactory factory) {
        return devices.swap("x", DeviceOffer.of(factory, 2), Duration.ofSeconds(30));
    }

    String status() {
        return devices.list().getFirst().status();
    }

    @Override
    public void powerOff() {
        requests.add("power-off");
        onRequest.run();
    }

    @Override
    public void resetRequested() {
        requests.add("reset");
        onRequest.run();
    }

    @Override
    public void exit(int status) {
        requests.add("exit " + status);
        onRequest.run();
    }

    @Override
    public void ejected(int slots) {
        requests.add("ejected 0x%x".formatted(slots));
        devices.ejected(slots);
    }

    @Override
    public void ejection(int slot, int status) {
        requests.add("ejection %d: 0x%x".formatted(slot, status));
        devices.ejection(slot, status);
    }
}
