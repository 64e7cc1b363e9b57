package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.cupule.machine.fake.Probe;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** No call of a device's context comes back into the device, and its effects come when the call has ended. */
@Timeout(180)
class ReentrancyTest {
    /** Where a device is when it calls: each way in, and how to get there. */
    private enum Place {
        READ((factory, call) -> factory.onRead = call, bench -> bench.vm.in(0x100, 1)), WRITE(
                (factory, call) -> factory.onWrite = call,
                bench -> bench.vm.out(0x100, 1, 1)), MEMORY_READ((factory, call) -> factory.onRead = call,
                        bench -> bench.vm.read(0x9000_0000L, 8)), MEMORY_WRITE(
                                (factory, call) -> factory.onWrite = call,
                                bench -> bench.vm.write(0x9000_0000L, 8, 1)), TIMER(
                                        (factory, call) -> factory.onTimer = call, bench -> {
                                            bench.factoryOf().onWrite = probe -> probe.timer().arm(10);
                                            bench.vm.out(0x100, 1, 1);
                                            bench.vm.clock().advance(10);
                                        }), INPUT((factory, call) -> factory.onRead = probe -> {
                                            probe.context().stream().onInput(() -> {
                                                call.accept(probe);
                                                factory.log.add("input");
                                            });
                                            probe.context().stream().read();
                                        }, bench -> {
                                            bench.vm.in(0x100, 1);
                                            bench.console.send(new byte[]{1}, 0, 1);
                                            while (!bench.factory.log.contains("input")) {
                                                Thread.onSpinWait();
                                            }
                                            bench.vm.in(0x101, 1);// behind it at the gate
                                        }), AFTER_DMA((factory, call) -> factory.onWrite = probe -> {
                                            probe.context().dma().write(0x2000, new byte[8], 0, 8);
                                            call.accept(probe);
                                            probe.context().dma().read(0x2000, new byte[8], 0, 8);
                                        }, bench -> bench.vm.out(0x100, 1, 1));

        private final java.util.function.BiConsumer<Probe.Factory, Consumer<Probe>> set;
        private final Consumer<Bench> go;

        Place(java.util.function.BiConsumer<Probe.Factory, Consumer<Probe>> set, Consumer<Bench> go) {
            this.set = set;
            this.go = go;
        }
    }

    /** What a device asks for, and what is seen of it outside. */
    private enum Call {
        LINE(probe -> {
            probe.context().line(0, true);
            probe.context().line(0, false);
            probe.context().line(1, true);
        }, "gsi5+", "gsi5-", "gsi6+"), POWER_OFF(probe -> probe.context().machine().powerOff(), "power-off"), RESET(
                probe -> probe.context().machine().reset(),
                "reset"), EXIT(probe -> probe.context().machine().exit(7), "exit 7"), ORDER(probe -> {
                    probe.context().machine().reset();
                    probe.context().line(0, true);
                }, "gsi5+", "reset");

        private final Consumer<Probe> call;
        private final List<String> seen;

        Call(Consumer<Probe> call, String... seen) {
            this.call = call;
            this.seen = List.of(seen);
        }
    }

    private static final class Bench {
        private final DeviceBench bench = new DeviceBench();
        private final Probe.Factory factory = Probe.Factory.of(1);
        private final org.cupule.machine.fake.FakeVm vm = bench.vm;
        private final org.cupule.machine.stream.RingConsole console = bench.console;
        private final List<String> seen = new ArrayList<>();
        private final AtomicInteger insideWhenSeen = new AtomicInteger();

        Bench() {
            bench.plug(factory);
            vm.interrupts().hook(() -> see(vm.interrupts().told().getLast()));
            bench.onRequest = () -> see(bench.requests.getLast());
        }

        Probe.Factory factoryOf() {
            return factory;
        }

        private void see(String what) {
            seen.add(what);
            insideWhenSeen.addAndGet(factory.inside());
        }
    }

    static Stream<Arguments> placesAndCalls() {
        return Stream.of(Place.values())
                .flatMap(place -> Stream.of(Call.values()).map(call -> Arguments.of(place, call)));
    }

    @ParameterizedTest
    @MethodSource("placesAndCalls")
    @DisplayName("effects of a call are passed on, in order, when it has left the device")
    void effectsComeAfterTheCall(Place place, Call call) {
        var bench = new Bench();
        var during = new ArrayList<String>();
        place.set.accept(bench.factory, probe -> {
            call.call.accept(probe);
            during.addAll(bench.seen);
        });
        place.go.accept(bench);
        assertThat(during).isEmpty();
        assertThat(bench.seen).isEqualTo(call.seen);
        assertThat(bench.insideWhenSeen).hasValue(0);
        assertThat(bench.factory.deepest).hasValue(1);
    }

    @ParameterizedTest
    @MethodSource("places")
    @DisplayName("a timer armed in the past runs after the present call, even if the clock fires inside arm")
    void timerRunsAfterTheCall(Place place) {
        var bench = new Bench();
        var ticks = new AtomicInteger();
        bench.vm.clock().fireWhenArmed();
        var once = new AtomicInteger();
        Consumer<Probe> tick = probe -> ticks.incrementAndGet();
        place.set.accept(bench.factory, probe -> {
            if (once.getAndIncrement() == 0) {
                bench.factory.onTimer = tick;
                probe.timer().arm(0);
                assertThat(ticks).hasValue(0);
            }
        });
        place.go.accept(bench);
        assertThat(ticks).hasValue(1);
        assertThat(bench.factory.deepest).hasValue(1);
    }

    static Stream<Place> places() {
        return Stream.of(Place.values());
    }

    @ParameterizedTest
    @MethodSource("places")
    @DisplayName("a timer that is always due again keeps nobody")
    void endlessTimerKeepsNobody(Place place) {
        var bench = new Bench();
        bench.vm.clock().fireWhenArmed();
        bench.factory.onTimer = probe -> probe.timer().arm(0);
        place.set.accept(bench.factory, probe -> probe.timer().arm(0));
        place.go.accept(bench);
        assertThat(bench.factory.deepest).hasValue(1);
        bench.bench.devices.close();
    }
}
