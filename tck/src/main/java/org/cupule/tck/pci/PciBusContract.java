package org.cupule.tck.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.cupule.pci.BarSpec;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.PciBus;
import org.cupule.pci.PciBusFactory;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.Capability;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.types.Bdf;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every PCI bus must do.
 *
 * <p>
 * Source: PCI Local Bus Specification 3.0, chapter 6; {@code hsm.md} 15.6.
 *
 * @threading confined to the test
 */
public abstract class PciBusContract {
    private static final Bdf AT = new Bdf(0, 3, 0);
    private static final int COMMAND = 0x04;
    private static final int STATUS = 0x06;
    private static final int BAR0 = 0x10;
    private static final int BAR1 = 0x14;
    private static final int BAR2 = 0x18;
    private static final int BAR3 = 0x1C;
    private static final int PORTS = 1;
    private static final int MEMORY = 2;
    private static final int MASTER = 4;
    private static final int INTX_OFF = 0x400;
    private static final int MSI = 0x40;
    private static final PciFunctionSpec SPEC = new PciFunctionSpec(0xABCD, 0x1234, 0x02_0001, 0x7, 0x1111, 0x2222,
            List.of(new BarSpec(0, Kind.MEMORY32, 0x1000), new BarSpec(1, Kind.PORTIO, 0x20),
                    new BarSpec(2, Kind.MEMORY64_PREFETCHABLE, 0x10_0000)),
            4, 2, List.of(new Capability(0x09, new byte[]{7, 1, 2, 3, 4}), new Capability(0x10, new byte[]{5, 6})));

    private final RecordingPciContext context = new RecordingPciContext();
    private final PciBus bus = factory().create(context);

    /** {@return the factory whose buses are tested} */
    protected abstract PciBusFactory factory();

    private PciFunction plug() {
        return bus.add(AT, SPEC);
    }

    private int in(int register, int size) {
        return bus.read(AT, register, size);
    }

    private void out(int register, int size, int value) {
        bus.write(AT, register, size, value);
    }

    @Nested
    class Space {
        @Test
        void hasAHostBridgeFromTheStart() {
            assertThat(bus.read(new Bdf(0, 0, 0), 0, 4)).isNotEqualTo(-1);
            assertThat(bus.read(new Bdf(0, 0, 0), 0x08, 4) >>> 8).isEqualTo(0x06_0000);
            assertThat(bus.read(new Bdf(0, 0, 0), 0x0E, 1)).isZero();
        }

        @ParameterizedTest
        @CsvSource({"1, 0xFF", "2, 0xFFFF", "4, -1"})
        void readsAllOnesWhereThereIsNoFunction(int size, String ones) {
            assertThat(in(0, size)).isEqualTo(Integer.decode(ones));
            out(0, size, 0);
            assertThat(context.news()).isEmpty();
        }

        @ParameterizedTest
        @CsvSource({"0x00, 0x1234ABCD", "0x04, 0x00100000", "0x08, 0x02000107", "0x0C, 0", "0x10, 0", "0x14, 1",
                "0x18, 0xC", "0x1C, 0", "0x20, 0", "0x24, 0", "0x28, 0", "0x2C, 0x22221111", "0x30, 0", "0x34, 0x40",
                "0x38, 0", "0x3C, 0x200"})
        void showsItsSpecificationAtPowerOn(String register, String value) {
            plug();
            assertThat(in(Integer.decode(register), 4)).isEqualTo(Integer.decode(value));
        }

        @Test
        void readsPartsOfARegister() {
            plug();
            assertThat(in(0x00, 2)).isEqualTo(0xABCD);
            assertThat(in(0x02, 2)).isEqualTo(0x1234);
            assertThat(in(0x03, 1)).isEqualTo(0x12);
            assertThat(in(0x01, 2)).isEqualTo(0x34AB);
        }

        @ParameterizedTest
        @CsvSource({"0x01, 4, -1", "0x02, 4, -1", "0x03, 4, -1", "0x03, 2, 0xFFFF"})
        void readsAllOnesAcrossRegisters(String register, int size, String ones) {
            plug();
            assertThat(in(Integer.decode(register), size)).isEqualTo(Integer.decode(ones));
        }

        @ParameterizedTest
        @ValueSource(ints = {0x00, 0x08, 0x28, 0x2C, 0x30, 0x34, 0x38, 0x58, 0xFC, 0x100, 0xFFC})
        void readOnlyRegistersStay(int register) {
            plug();
            int before = in(register, 4);
            out(register, 4, ~before);
            assertThat(in(register, 4)).isEqualTo(before);
        }

        @Test
        void commandHasTheBitsThatMeanSomething() {
            plug();
            out(COMMAND, 4, -1);
            assertThat(in(COMMAND, 2)).isEqualTo(0x0547);
            assertThat(in(STATUS, 2)).isEqualTo(0x0010);
        }

        @Test
        void decodesOnlySpacesThatTheFunctionHas() {
            bus.add(AT, PciFunctionSpec.simple(1, 2, 3, 4));
            out(COMMAND, 2, PORTS | MEMORY | MASTER);
            assertThat(in(COMMAND, 2)).isEqualTo(MASTER);
        }

        @Test
        void keepsTheInterruptLineForTheGuest() {
            plug();
            out(0x3C, 2, 0xFF0B);
            assertThat(in(0x3C, 2)).isEqualTo(0x020B);
        }

        @Test
        @org.junit.jupiter.api.DisplayName("hsm.md 15.6: the first extended capability reads 0, the rest all ones")
        void endsBehind256Bytes() {
            plug();
            assertThat(in(0x100, 4)).isZero();
            assertThat(in(0x102, 2)).isZero();
            assertThat(in(0x104, 4)).isEqualTo(-1);
            assertThat(in(0xFFF, 1)).isEqualTo(0xFF);
        }

        @Test
        void tellsOfFurtherFunctionsInTheHeaderType() {
            plug();
            assertThat(in(0x0E, 1)).isZero();
            bus.add(new Bdf(0, 3, 5), SPEC);
            assertThat(in(0x0E, 1)).isEqualTo(0x80);
            assertThat(in(0x0C, 4)).isEqualTo(0x80_0000);
            bus.remove(new Bdf(0, 3, 5));
            assertThat(in(0x0E, 1)).isZero();
        }

        @Test
        void refusesAnAddressThatIsTaken() {
            plug();
            assertThatThrownBy(() -> bus.add(AT, SPEC)).isInstanceOf(HsmException.class)
                    .hasMessageContaining("00:03.0").hasMessageContaining("EEXIST");
        }

        @Test
        void refusesToLoseItsHostBridge() {
            assertThatThrownBy(() -> bus.remove(new Bdf(0, 0, 0))).isInstanceOf(HsmException.class)
                    .hasMessageContaining("EINVAL");
        }

        @Test
        void removingNothingIsNothing() {
            bus.remove(AT);
            assertThat(context.news()).isEmpty();
        }
    }

    @Nested
    class Capabilities {
        @Test
        void areLinkedInTheirOrder() {
            plug();
            int second = in(MSI + 1, 1);
            int third = in(second + 1, 1);
            assertThat(in(MSI, 1)).isEqualTo(0x05);
            assertThat(in(second, 1)).isEqualTo(0x09);
            assertThat(in(third, 1)).isEqualTo(0x10);
            assertThat(in(third + 1, 1)).isZero();
            assertThat(List.of(second % 4, third % 4)).containsOnly(0);
            assertThat(in(second + 4, 2)).isEqualTo(0x0302);
        }

        @Test
        void areAbsentWhereThereAreNone() {
            bus.add(AT, new PciFunctionSpec(1, 2, 3, 4, 5, 6, List.of(), 0, 0, List.of()));
            assertThat(in(0x34, 1)).isZero();
            assertThat(in(STATUS, 2)).isZero();
        }

        @Test
        void mustFit() {
            var big = new Capability(9, new byte[60]);
            var spec = new PciFunctionSpec(1, 2, 3, 4, 5, 6, List.of(), 1, 1, List.of(big, big, big));
            assertThatThrownBy(() -> bus.add(AT, spec)).isInstanceOf(HsmException.class)
                    .hasMessageContaining("EINVAL");
            assertThat(in(0, 4)).isEqualTo(-1);
        }
    }

    @Nested
    class Decoding {
        @ParameterizedTest
        @CsvSource({"0x10, 0xFFFFF000", "0x14, 0xFFFFFFE1", "0x18, 0xFFF0000C", "0x1C, 0xFFFFFFFF", "0x20, 0"})
        void tellsTheSizeWhenAllOnesAreWritten(String register, String answer) {
            plug();
            out(Integer.decode(register), 4, -1);
            assertThat(in(Integer.decode(register), 4)).isEqualTo((int) (long) Long.decode(answer));
        }

        @Test
        void beginsWithTheCommandRegister() {
            PciFunction function = plug();
            out(BAR0, 4, 0xC000_0000);
            out(BAR1, 4, 0xC000);
            assertThat(context.news()).isEmpty();
            assertThat(function.range(0)).isEmpty();
            out(COMMAND, 2, MEMORY);
            assertThat(context.news()).containsExactly("mapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff");
            assertThat(function.range(0)).contains(IoRange.mmio(0xC000_0000L, 0x1000));
            out(COMMAND, 2, MEMORY | PORTS);
            assertThat(context.news()).containsExactly("mapped 00:03.0 bar1 PORTIO 0xc000-0xc01f");
        }

        @Test
        void endsWithTheCommandRegister() {
            PciFunction function = plug();
            out(BAR0, 4, 0xC000_0000);
            out(COMMAND, 2, MEMORY);
            context.news();
            out(COMMAND, 1, 0);
            assertThat(context.news()).containsExactly("unmapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff");
            assertThat(function.range(0)).isEmpty();
        }

        @Test
        void movesByUnmappingFirst() {
            plug();
            out(BAR0, 4, 0xC000_0000);
            out(COMMAND, 2, MEMORY);
            context.news();
            out(BAR0, 4, 0xC000_1000);
            assertThat(context.news()).containsExactly("unmapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff",
                    "mapped 00:03.0 bar0 MMIO 0xc0001000-0xc0001fff");
        }

        @Test
        void movesStepByStepWhenWrittenInParts() {
            plug();
            out(BAR0, 4, 0xC000_0000);
            out(COMMAND, 2, MEMORY);
            context.news();
            out(BAR0 + 3, 1, 0xD0);
            out(BAR0 + 1, 1, 0x10);
            assertThat(context.news()).containsExactly("unmapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff",
                    "mapped 00:03.0 bar0 MMIO 0xd0000000-0xd0000fff",
                    "unmapped 00:03.0 bar0 MMIO 0xd0000000-0xd0000fff",
                    "mapped 00:03.0 bar0 MMIO 0xd0001000-0xd0001fff");
        }

        @Test
        void tellsNothingWhenNothingMoves() {
            plug();
            out(BAR0, 4, 0xC000_0000);
            out(COMMAND, 2, MEMORY);
            context.news();
            out(BAR0, 4, 0xC000_0FFF);
            out(COMMAND, 2, MEMORY | MASTER);
            assertThat(context.news()).isEmpty();
        }

        @Test
        void movesAWideOneHalfByHalf() {
            PciFunction function = plug();
            out(BAR2, 4, 0xE000_0000);
            out(COMMAND, 2, MEMORY);
            assertThat(context.news()).containsExactly("mapped 00:03.0 bar2 MMIO 0xe0000000-0xe00fffff");
            out(BAR3, 4, 0x40);
            assertThat(context.news()).containsExactly("unmapped 00:03.0 bar2 MMIO 0xe0000000-0xe00fffff",
                    "mapped 00:03.0 bar2 MMIO 0x40e0000000-0x40e00fffff");
            out(BAR2, 4, 0x0010_0000);
            assertThat(function.range(2)).contains(IoRange.mmio(0x40_0010_0000L, 0x10_0000));
        }

        @Test
        void askingTheSizeWhileDecodingHidesNothing() {
            plug();
            out(BAR0, 4, 0xC000_0000);
            out(BAR1, 4, 0xC000);
            out(COMMAND, 2, MEMORY | PORTS);
            context.news();
            out(BAR0, 4, -1);
            out(BAR1, 4, -1);
            out(BAR0, 4, 0xC000_0000);
            out(BAR1, 4, 0xC000);
            assertThat(context.news()).containsExactly("unmapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff",
                    "unmapped 00:03.0 bar1 PORTIO 0xc000-0xc01f", "mapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff",
                    "mapped 00:03.0 bar1 PORTIO 0xc000-0xc01f");
        }

        @Test
        void askingTheSizeOfAWideOneHidesNothing() {
            plug();
            out(BAR2, 4, 0xE000_0000);
            out(COMMAND, 2, MEMORY);
            context.news();
            out(BAR2, 4, -1);
            out(BAR3, 4, -1);
            assertThat(context.news()).containsExactly("unmapped 00:03.0 bar2 MMIO 0xe0000000-0xe00fffff");
        }

        @Test
        void doesNotDecodeAddressesNeverGiven() {
            plug();
            out(COMMAND, 2, MEMORY | PORTS);
            assertThat(context.news()).isEmpty();
        }

        @Test
        void portsEndAt64Kilobytes() {
            plug();
            out(BAR1, 4, 0x1_C000);
            out(COMMAND, 2, PORTS);
            assertThat(context.news()).isEmpty();
        }

        @Test
        void endsWhenTheFunctionIsRemoved() {
            PciFunction function = plug();
            out(BAR0, 4, 0xC000_0000);
            out(COMMAND, 2, MEMORY | MASTER);
            function.intx(true);
            context.news();
            bus.remove(AT);
            assertThat(context.news()).containsExactly("unmapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff",
                    "intx 00:03.0 pin2 low");
            assertThat(function.range(0)).isEmpty();
            assertThat(function.busMaster()).isFalse();
            assertThat(in(0, 4)).isEqualTo(-1);
        }

        @Test
        void theContextMayAskTheBusBack() {
            var asked = new PciBus[1];
            var ids = new java.util.ArrayList<Integer>();
            asked[0] = factory().create(new RecordingPciContext() {
                @Override
                public void mapped(Bdf address, int bar, IoRange range) {
                    ids.add(asked[0].read(address, 0, 2));
                }
            });
            asked[0].add(AT, SPEC);
            asked[0].write(AT, BAR0, 4, 0xC000_0000);
            asked[0].write(AT, COMMAND, 2, MEMORY);
            assertThat(ids).containsExactly(0xABCD);
        }
    }

    @Nested
    class Messages {
        private PciFunction enabled(int power) {
            PciFunction function = plug();
            out(COMMAND, 2, MASTER);
            out(MSI + 4, 4, 0xFEE0_1003);
            out(MSI + 8, 4, 0);
            out(MSI + 12, 4, 0xFFFF_4147);
            out(MSI + 2, 2, power << 4 | 1);
            return function;
        }

        @Test
        void capabilityIsWideAndMaskable() {
            plug();
            assertThat(in(MSI + 2, 2)).isEqualTo(0x0184);
            out(MSI + 2, 2, 0xFFFF);
            assertThat(in(MSI + 2, 2)).isEqualTo(0x01F5);
        }

        @Test
        void needEnableAndBusMaster() {
            PciFunction function = enabled(0);
            assertThat(function.message(0)).contains(new Msi(0xFEE0_1000L, 0x4147));
            out(COMMAND, 2, 0);
            assertThat(function.message(0)).isEmpty();
            out(COMMAND, 2, MASTER);
            out(MSI + 2, 2, 0);
            assertThat(function.message(0)).isEmpty();
        }

        @Test
        void useBothHalvesOfTheAddress() {
            PciFunction function = enabled(0);
            out(MSI + 8, 4, 0x12);
            assertThat(function.message(0)).contains(new Msi(0x12_FEE0_1000L, 0x4147));
        }

        @Test
        void countInTheLowBitsOfTheData() {
            PciFunction function = enabled(2);
            assertThat(function.message(0)).contains(new Msi(0xFEE0_1000L, 0x4144));
            assertThat(function.message(3)).contains(new Msi(0xFEE0_1000L, 0x4147));
        }

        @ParameterizedTest
        @CsvSource({"0, 1", "1, 2", "2, 4", "3, 4", "7, 4"})
        void areAsManyAsTheGuestGave(int power, int vectors) {
            PciFunction function = enabled(power);
            assertThat(function.message(vectors - 1)).isPresent();
            assertThat(function.message(vectors)).isEmpty();
            assertThat(function.message(-1)).isEmpty();
        }

        @Test
        void waitWhileMasked() {
            PciFunction function = enabled(2);
            out(MSI + 16, 4, 0x0A);
            assertThat(function.message(1)).isEmpty();
            assertThat(function.message(2)).isPresent();
            assertThat(in(MSI + 20, 4)).isEqualTo(0x02);
            assertThat(context.news()).isEmpty();
            out(MSI + 16, 4, 0);
            assertThat(context.news()).containsExactly("message 00:03.0 msi 0xfee01000=0x4145");
            assertThat(in(MSI + 20, 4)).isZero();
        }

        @Test
        void maskHasABitForEachVector() {
            plug();
            out(MSI + 16, 4, -1);
            out(MSI + 20, 4, -1);
            assertThat(in(MSI + 16, 4)).isEqualTo(0x0F);
            assertThat(in(MSI + 20, 4)).isZero();
        }
    }

    @Nested
    class Pins {
        @Test
        void followTheDevice() {
            PciFunction function = plug();
            assertThat(function.intx(true)).isTrue();
            assertThat(in(STATUS, 2)).isEqualTo(0x18);
            assertThat(in(COMMAND, 4)).isEqualTo(0x18_0000);
            assertThat(function.intx(false)).isFalse();
            assertThat(in(STATUS, 1)).isEqualTo(0x10);
            assertThat(context.news()).isEmpty();
        }

        @Test
        void areSilentWhileDisabled() {
            PciFunction function = plug();
            function.intx(true);
            out(COMMAND, 2, INTX_OFF);
            assertThat(context.news()).containsExactly("intx 00:03.0 pin2 low");
            assertThat(in(STATUS, 2)).as("the status does not depend on the disable bit").isEqualTo(0x18);
            assertThat(function.intx(true)).isFalse();
            out(COMMAND, 2, 0);
            assertThat(context.news()).containsExactly("intx 00:03.0 pin2 high");
        }

        @Test
        void areSilentWhileMessagesAreOn() {
            PciFunction function = plug();
            function.intx(true);
            out(MSI + 2, 2, 1);
            assertThat(context.news()).containsExactly("intx 00:03.0 pin2 low");
            assertThat(function.intx(true)).isFalse();
        }

        @Test
        void areAbsentWhereThereIsNone() {
            PciFunction function = bus.add(AT, new PciFunctionSpec(1, 2, 3, 4, 5, 6, List.of(), 0, 0, List.of()));
            assertThat(function.intx(true)).isFalse();
            assertThat(in(STATUS, 2)).isZero();
        }
    }

    @Nested
    class State {
        private void programmed(PciBus target) {
            target.add(AT, SPEC).intx(true);
            target.write(AT, BAR0, 4, 0xC000_0000);
            target.write(AT, BAR2, 4, 0xE000_0000);
            target.write(AT, BAR3, 4, 1);
            target.write(AT, 0x3C, 1, 11);
            target.write(AT, MSI + 4, 4, 0xFEE0_0000);
            target.write(AT, MSI + 16, 4, 3);
            target.write(AT, COMMAND, 2, MEMORY | MASTER);
        }

        @Test
        void resetBringsThePowerOnStateBack() {
            programmed(bus);
            int before = bus.read(new Bdf(0, 0, 0), COMMAND, 4);
            context.news();
            bus.reset();
            assertThat(context.news()).containsExactly("unmapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff",
                    "unmapped 00:03.0 bar2 MMIO 0x1e0000000-0x1e00fffff", "intx 00:03.0 pin2 low");
            assertThat(in(BAR0, 4)).isZero();
            assertThat(in(COMMAND, 4)).isEqualTo(0x10_0000);
            assertThat(in(MSI + 16, 4)).isZero();
            assertThat(bus.read(new Bdf(0, 0, 0), COMMAND, 4)).isEqualTo(before);
        }

        @Test
        void savesTheSameTwice() {
            programmed(bus);
            assertThat(bus.save(1)).isEqualTo(bus.save(1));
            assertThat(bus.schema()).isEqualTo(factory().schema());
            assertThat(bus.save(1).kind()).isEqualTo("pci-bus");
        }

        @Test
        void movesToAnotherBus() {
            programmed(bus);
            var second = new RecordingPciContext();
            PciBus other = factory().create(second);
            PciFunction function = other.add(AT, SPEC);
            other.restore(bus.save(1));
            assertThat(second.news()).containsExactly("mapped 00:03.0 bar0 MMIO 0xc0000000-0xc0000fff",
                    "mapped 00:03.0 bar2 MMIO 0x1e0000000-0x1e00fffff", "intx 00:03.0 pin2 high");
            assertThat(other.save(1)).isEqualTo(bus.save(1));
            assertThat(function.busMaster()).isTrue();
            assertThat(other.read(AT, STATUS, 2)).isEqualTo(0x18);
        }

        @Test
        void needsTheSameFunctions() {
            programmed(bus);
            ModelState state = bus.save(1);
            PciBus empty = factory().create(context);
            PciBus another = factory().create(context);
            another.add(AT, PciFunctionSpec.simple(1, 2, 3, 4));
            PciBus more = factory().create(context);
            more.add(AT, SPEC);
            more.add(new Bdf(0, 4, 0), SPEC);
            context.news();
            assertThatThrownBy(() -> empty.restore(state)).isInstanceOf(StateException.class);
            assertThatThrownBy(() -> another.restore(state)).isInstanceOf(StateException.class);
            assertThatThrownBy(() -> more.restore(state)).isInstanceOf(StateException.class);
            assertThat(context.news()).isEmpty();
        }

        @Test
        void refusesAnotherKindOrVersion() {
            assertThatThrownBy(() -> bus.restore(ModelState.of("pci-bus", 1).build()))
                    .isInstanceOf(StateException.class);
            assertThatThrownBy(() -> bus.restore(ModelState.of("lapic", 1).build()))
                    .isInstanceOf(StateException.class);
            assertThatThrownBy(() -> bus.restore(ModelState.of("pci-bus", 2).put("functions", List.of()).build()))
                    .isInstanceOf(StateException.class);
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
        void standsAnything(long seed) {
            PciFunction function = plug();
            var random = new Random(seed);
            for (int i = 0; i < 5000; i++) {
                int size = 1 << random.nextInt(3);
                int register = random.nextInt(random.nextBoolean() ? 0x60 : 0x1000);
                bus.write(Bdf.of(random.nextInt(0x28)), register, size, random.nextInt());
                bus.read(Bdf.of(random.nextInt(0x28)), register, size);
                function.intx(random.nextBoolean());
                function.message(random.nextInt(6) - 1);
            }
            balanced(context.news());
            PciBus other = factory().create(context);
            other.add(AT, SPEC);
            other.restore(bus.save(1));
            assertThat(other.save(1)).isEqualTo(bus.save(1));
        }

        private void balanced(List<String> news) {
            var open = new java.util.TreeSet<String>();
            for (String line : news) {
                String range = line.substring(line.indexOf(' ') + 1);
                if (line.startsWith("mapped")) {
                    assertThat(open.add(range)).as("mapped twice: %s", range).isTrue();
                } else if (line.startsWith("unmapped")) {
                    assertThat(open.remove(range)).as("unmapped without mapped: %s", range).isTrue();
                }
            }
            assertThat(open).hasSizeLessThanOrEqualTo(3);
        }
    }
}
