package org.cupule.hw.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciBus;
import org.cupule.pci.PciBusFactory;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.tck.pci.PciBusContract;
import org.cupule.tck.pci.RecordingPciContext;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.Test;

class ConventionalPciBusTest extends PciBusContract {
    private static final Bdf BRIDGE = new Bdf(0, 0, 0);
    private static final Bdf AT = new Bdf(0, 3, 0);
    private static final PciFunctionSpec SPEC = PciFunctionSpec.simple(1, 2, 3, 4,
            new BarSpec(0, BarSpec.Kind.MEMORY32, 0x1000));

    @Override
    protected PciBusFactory factory() {
        return new ConventionalPciBusFactory();
    }

    @Test
    void hostBridgeIsTheOneThatGuestsKnow() {
        PciBus bus = factory().create(new RecordingPciContext());
        assertThat(bus.read(BRIDGE, 0, 4)).isEqualTo(0x1237_8086);
        assertThat(bus.read(BRIDGE, 8, 4)).isEqualTo(0x0600_0002);
    }

    @Test
    void hostBridgeCannotBeSwitchedOff() {
        PciBus bus = factory().create(new RecordingPciContext());
        bus.write(BRIDGE, 4, 2, 0);
        assertThat(bus.read(BRIDGE, 4, 2)).isEqualTo(0x0006);
        bus.write(BRIDGE, 4, 2, 0xFFFF);
        assertThat(bus.read(BRIDGE, 4, 2)).isEqualTo(0x0146);
    }

    @Test
    void deviceCanRaiseItsPinWhileTheOwnerIsTold()
            throws InterruptedException, ExecutionException, TimeoutException {
        var function = new PciFunction[1];
        try (var devices = Executors.newSingleThreadExecutor()) {
            PciBus bus = factory().create(new RecordingPciContext() {
                @Override
                public void mapped(Bdf address, int bar, IoRange range) {
                    assertThat(devices.submit(() -> function[0].intx(true))).succeedsWithin(60, TimeUnit.SECONDS)
                            .isEqualTo(true);
                }
            });
            function[0] = bus.add(AT, SPEC);
            bus.write(AT, 0x10, 4, 0xC000_0000);
            bus.write(AT, 4, 2, 2);
            assertThat(bus.read(AT, 6, 2)).isEqualTo(0x18);
        }
    }

    @Test
    void writesOfTwoThreadsAreToldInTheirOrder() throws InterruptedException {
        var told = new ArrayList<String>();
        var context = new RecordingPciContext() {
            @Override
            public void mapped(Bdf address, int bar, IoRange range) {
                told.add("+" + range.first());
            }

            @Override
            public void unmapped(Bdf address, int bar, IoRange range) {
                told.add("-" + range.first());
            }
        };
        PciBus bus = factory().create(context);
        bus.add(AT, SPEC);
        bus.write(AT, 4, 2, 2);
        var start = new CountDownLatch(1);
        List<Thread> threads = List.of(writer(bus, start, 0xC000_0000), writer(bus, start, 0xD000_0000));
        start.countDown();
        for (Thread thread : threads) {
            thread.join(10_000);
        }
        bus.write(AT, 4, 2, 0);
        assertThat(told.size() % 2).isZero();
        for (int i = 0; i < told.size(); i += 2) {
            assertThat(told.get(i + 1)).isEqualTo(told.get(i).replace('+', '-'));
        }
    }

    private static Thread writer(PciBus bus, CountDownLatch start, int base) {
        return Thread.ofPlatform().start(() -> {
            await(start);
            for (int i = 0; i < 2000; i++) {
                bus.write(AT, 0x10, 4, base + (i << 12));
            }
        });
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
