package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.cupule.dev.sample.SampleFactory;
import org.cupule.fault.FaultInjector.Fault;
import org.cupule.fault.FaultKind;
import org.cupule.fault.FaultSpec;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.fake.Probe;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(180)
class FaultTest {
    private static final int COUNT = 0x100;
    private static final int NUMBER = 0x101;

    private final DeviceBench bench = new DeviceBench();
    private final Probe.Factory factory = Probe.Factory.of(7);

    FaultTest() {
        bench.policy = new Policy(3, Duration.ofSeconds(20), Duration.ofMillis(50), Duration.ofSeconds(30));
        bench.plug(factory);
    }

    private Fault add(FaultSpec spec) {
        return bench.devices.addFault(1, spec.target(), spec);
    }

    private static FaultSpec spec(FaultKind kind) {
        return FaultSpec.of("x", kind);
    }

    private static SortedMap<Long, Long> at(long... chances) {
        var script = new TreeMap<Long, Long>();
        for (long chance : chances) {
            script.put(chance, 0L);
        }
        return script;
    }

    private List<Integer> reads(int count) {
        return IntStream.range(0, count).mapToObj(i -> bench.vm.in(NUMBER, 1)).toList();
    }

    @Test
    void droppedAccessesDoNotReachTheDevice() {
        add(spec(FaultKind.DROP));
        bench.vm.out(COUNT, 1, 1);
        assertThat(bench.vm.in(NUMBER, 2)).isEqualTo(0xFFFF);
        assertThat(factory.made.getFirst().count()).isZero();
    }

    @ParameterizedTest
    @EnumSource(FaultKind.class)
    void aDeviceIsWellAgainWhenItsFaultIsRemoved(FaultKind kind) {
        add(spec(kind));
        reads(3);
        bench.devices.removeFault(1);
        assertThat(reads(20)).containsOnly(7);
        assertThat(bench.devices.faults()).isEmpty();
        assertThat(bench.status()).isEqualTo("running");
    }

    @Test
    void strikesAtTheChancesOfItsScript() {
        add(spec(FaultKind.DROP).script(at(2, 5)));
        assertThat(reads(6)).containsExactly(7, 0xFF, 7, 7, 0xFF, 7);
    }

    @Test
    void corruptsByTheMaskOfItsScript() {
        var script = new TreeMap<Long, Long>(Map.of(1L, 0x40L));
        add(spec(FaultKind.CORRUPT).script(script));
        assertThat(reads(2)).containsExactly(0x47, 7);
    }

    @Test
    void corruptsOneBitOfWhatIsRead() {
        add(spec(FaultKind.CORRUPT));
        assertThat(reads(100)).allMatch(value -> Integer.bitCount(value ^ 7) == 1).contains(7 ^ 1, 7 ^ 0x80);
    }

    @Test
    void strikesAsOftenAsItsRateAndCountSay() {
        add(spec(FaultKind.DROP).rate(1, 4).count(100));
        long struck = reads(4000).stream().filter(value -> value == 0xFF).count();
        assertThat(struck).isEqualTo(100);
        assertThat(bench.devices.faults().getFirst().chances()).isEqualTo(4000);
        assertThat(bench.devices.faults().getFirst().spent()).isTrue();
    }

    @Test
    void strikesAtTheSameChancesInEachRunWithItsSeed() {
        List<List<Integer>> runs = new ArrayList<>();
        for (long seed : new long[]{5, 5, 6}) {
            add(spec(FaultKind.DROP).rate(1, 10).seed(seed));
            runs.add(reads(300));
            bench.devices.removeFault(1);
        }
        assertThat(runs.get(0)).isEqualTo(runs.get(1)).isNotEqualTo(runs.get(2));
        assertThat(runs.get(0).stream().filter(value -> value == 0xFF).count()).isBetween(10L, 60L);
    }

    @Test
    void delaysByHostTimeAndChangesNothing() {
        add(spec(FaultKind.DELAY).delay(3_000));
        long before = System.nanoTime();
        assertThat(reads(2)).containsExactly(7, 7);
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(6_000_000);
    }

    @Test
    void aLostInterruptDoesNotRiseTheLineAndTheNextOneDoes() {
        factory.onWrite = probe -> probe.context().line(0, probe.count() % 2 == 1);
        add(spec(FaultKind.LOST_IRQ).count(1));
        IntStream.range(0, 2).forEach(i -> bench.vm.out(COUNT, 1, 1));
        assertThat(bench.vm.interrupts().told()).isEmpty();
        bench.vm.out(COUNT, 1, 1);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+");
    }

    @Test
    void aLevelThatWasLostIsShownWhenTheFaultIsRemoved() {
        factory.onWrite = probe -> probe.context().line(0, true);
        add(spec(FaultKind.LOST_IRQ));
        bench.vm.out(COUNT, 1, 1);
        assertThat(bench.vm.interrupts().told()).isEmpty();
        bench.devices.removeFault(1);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+");
    }

    @Test
    void canFailOnOneLineOnly() {
        factory.onWrite = probe -> {
            probe.context().line(0, true);
            probe.context().line(1, true);
        };
        FaultSpec spec = FaultSpec.of("x/a", FaultKind.LOST_IRQ);
        add(spec);
        bench.vm.out(COUNT, 1, 1);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi6+");
    }

    @Test
    void interruptsWithoutAReason() {
        add(FaultSpec.of("x/b", FaultKind.SPURIOUS_IRQ).count(2));
        reads(5);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi6+", "gsi6-", "gsi6+", "gsi6-");
    }

    @Test
    void transfersFail() {
        var done = new ArrayList<Boolean>();
        factory.onWrite = probe -> done.add(probe.context().dma().read(0, new byte[4], 0, 4));
        add(spec(FaultKind.DMA_ERROR).script(at(2)));
        IntStream.range(0, 3).forEach(i -> bench.vm.out(COUNT, 1, 1));
        assertThat(done).containsExactly(true, false, true);
    }

    @Test
    void aDeviceThatWasPulledOutIsGoneAndComesBackInItsPowerOnState() {
        factory.onWrite = probe -> probe.context().line(0, true);
        bench.vm.out(COUNT, 1, 1);
        add(spec(FaultKind.REMOVE).script(at(2)));
        assertThat(reads(3)).containsExactly(7, 0xFF, 0xFF);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+", "gsi5-");
        bench.devices.removeFault(1);
        assertThat(bench.vm.in(COUNT, 1)).isZero();
        assertThat(bench.vm.interrupts().told()).hasSize(4).endsWith("gsi5-");
    }

    @Test
    void staysOverASwapAndAReset() {
        add(spec(FaultKind.DROP).script(at(3)));
        reads(2);
        bench.swapTo(Probe.Factory.of(8));
        bench.devices.reset();
        assertThat(reads(2)).containsExactly(0xFF, 8);
    }

    @Test
    void goesWithTheDevice() {
        add(spec(FaultKind.DROP));
        bench.devices.unplug("x");
        assertThat(bench.devices.faults()).isEmpty();
        assertThat(bench.devices.removeFault(1)).isFalse();
    }

    @Test
    void severalFaultsStrikeEachByItself() {
        bench.devices.addFault(1, "x", spec(FaultKind.CORRUPT).script(new TreeMap<>(Map.of(1L, 8L, 2L, 8L))));
        bench.devices.addFault(2, "x", spec(FaultKind.CORRUPT).script(new TreeMap<>(Map.of(2L, 16L))));
        assertThat(reads(3)).containsExactly(7 ^ 8, 7 ^ 24, 7);
        bench.devices.removeFault(1);
        assertThat(bench.devices.faults()).extracting(Fault::number).containsExactly(2);
    }

    @ParameterizedTest
    @CsvSource({"y, drop, there is no device 'y'", "x/c, lost-irq, there are: a, b", "x/a, drop, of a whole device",
            "x, loud, there is no fault 'loud'"})
    void refusesWhatIsNotThere(String target, String kind, String sentence) {
        assertThatThrownBy(() -> add(FaultSpec.of(target, FaultKind.of(kind)))).isInstanceOf(HsmException.class)
                .hasMessageContaining(sentence);
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1, 0", "2, 1, 1, 0", "1, 0, 1, 0", "1, 1, 0, 0", "1, 1, 1, 1000001", "1, 1, 1, -1"})
    void refusesNumbersThatCannotBe(long strikes, long of, long count, long delay) {
        assertThatThrownBy(() -> new FaultSpec("x", FaultKind.DELAY, strikes, of, 1, count, delay, new TreeMap<>()))
                .isInstanceOf(HsmException.class);
    }

    @Nested
    class OnThePciBus {
        private static final int BDF = 3 << 3;
        private static final long ID = 0x4C50_5543;

        OnThePciBus() {
            bench.devices.addBus(PciOffer.of(new ConventionalPciBusFactory(), 3));
            bench.plug(new SampleFactory(), new DeviceDescription("org.cupule.sample", "card", "", Map.of(), Map.of(),
                    "00:03.0", Map.of(), ""));
            bench.vm.writeConfig(BDF, 4, 2, 7);
        }

        private long bar0() {
            return bench.vm.readConfig(BDF, 0x10, 4) & 0xFFFF_FFF0L;
        }

        @Test
        void aCardThatWasPulledOutIsNotInConfigurationSpaceEither() {
            long bar = bar0();
            FaultSpec spec = FaultSpec.of("card", FaultKind.REMOVE);
            add(spec);
            assertThat(bench.vm.read(bar, 4)).isEqualTo(0xFFFF_FFFFL);
            assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(-1);
            bench.devices.removeFault(1);
            assertThat(bench.vm.readConfig(BDF, 0, 4)).isNotEqualTo(-1);
            assertThat(bench.vm.read(bar0(), 4)).isEqualTo(ID);
        }

        private void enableMsi() {
            int capability = bench.vm.readConfig(BDF, 0x34, 1);
            bench.vm.writeConfig(BDF, capability + 4, 4, 0xFEE0_1000);
            bench.vm.writeConfig(BDF, capability + 8, 4, 0);
            bench.vm.writeConfig(BDF, capability + 12, 2, 0x41);
            bench.vm.writeConfig(BDF, capability + 2, 2, 1);
            bench.vm.write(bar0() + 0x44, 4, 1);
        }

        @Test
        void losesTheMessagesOfItsScript() {
            enableMsi();
            FaultSpec spec = FaultSpec.of("card", FaultKind.LOST_IRQ).script(at(2));
            add(spec);
            IntStream.range(0, 3).forEach(i -> bench.vm.write(bar0() + 0x48, 4, 1));
            assertThat(bench.vm.interrupts().told()).containsExactly("msi 0xfee01000=0x41", "msi 0xfee01000=0x41");
            assertThat(bench.devices.faults().getFirst()).extracting(Fault::chances, Fault::strikes)
                    .containsExactly(3L, 1L);
        }

        @Test
        void sendsAMessageWithoutAReasonWhereTheGuestEnabledSome() {
            enableMsi();
            FaultSpec spec = FaultSpec.of("card", FaultKind.SPURIOUS_IRQ).count(1);
            add(spec);
            bench.vm.read(bar0(), 4);
            assertThat(bench.vm.interrupts().told()).containsExactly("msi 0xfee01000=0x41");
        }

        @Test
        void failedTransfersShowInItsStatus() {
            FaultSpec spec = FaultSpec.of("card", FaultKind.DMA_ERROR);
            add(spec);
            bench.vm.write(bar0() + 0x80, 8, 0);
            bench.vm.write(bar0() + 0x90, 4, 4);
            bench.vm.write(bar0() + 0x94, 4, 1);
            long refused = bench.vm.read(bar0() + 0x98, 4);
            bench.devices.removeFault(1);
            bench.vm.write(bar0() + 0x94, 4, 1);
            assertThat(refused & 4).isEqualTo(4);
            assertThat(bench.vm.read(bar0() + 0x98, 4)).isEqualTo(2);
        }
    }
}
