package org.cupule.tck.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.cupule.pci.BarSpec;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.PciBus;
import org.cupule.pci.PciBusContext;
import org.cupule.pci.PciBusFactory;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.Capability;
import org.cupule.pci.PciFunctionSpec.MsixTable;
import org.cupule.state.StateException;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every bus does for functions with MSI-X, and with capabilities that their devices answer for.
 *
 * <p>
 * Source: PCI Local Bus Specification 3.0, section 6.8.2.
 *
 * @threading confined to the test
 */
public abstract class MsixContract {
    private static final Bdf AT = new Bdf(0, 3, 0);
    private static final int COMMAND = 0x04;
    private static final int MASTER = 4;
    private static final int MSIX = 0x40;
    private static final int CONTROL = MSIX + 2;
    private static final int ENABLE = 0x8000;
    private static final int FUNCTION_MASK = 0x4000;
    private static final int LIVE = MSIX + 12;
    private static final int TABLE = 0x800;
    private static final int PENDING = 0x100;
    private static final int VECTORS = 3;
    private static final PciFunctionSpec SPEC = new PciFunctionSpec(0xABCD, 0x1234, 0x02_0001, 0x7, 0x1111, 0x2222,
            List.of(new BarSpec(2, Kind.MEMORY32, 0x1000)), 0, 1,
            List.of(new Capability(0x09, new byte[]{12, 5, 1, 2, 3, 4, 0, 0, 0, 0}, true)))
            .with(new MsixTable(VECTORS, 2, TABLE, PENDING));

    private final List<String> asked = new ArrayList<>();
    private final RecordingPciContext context = new RecordingPciContext() {
        @Override
        public int readCapability(Bdf address, int capability, int offset, int size) {
            asked.add("read %s %d %d %d".formatted(address, capability, offset, size));
            return 0x1234_5678;
        }

        @Override
        public void writeCapability(Bdf address, int capability, int offset, int size, int value) {
            asked.add("write %s %d %d %d %x".formatted(address, capability, offset, size, value));
        }
    };
    private final PciBus bus = factory().create(context);
    private final PciFunction function = bus.add(AT, SPEC);

    /** {@return the factory whose buses are tested} */
    protected abstract PciBusFactory factory();

    private void enable() {
        bus.write(AT, COMMAND, 2, MASTER);
        bus.write(AT, CONTROL, 2, ENABLE);
    }

    private void program(int vector) {
        function.writeMsix(TABLE + 16L * vector, 8, 0x1_FEE0_0003L);
        function.writeMsix(TABLE + 16L * vector + 8, 4, 0x40 + vector);
        function.writeMsix(TABLE + 16L * vector + 12, 4, 0);
    }

    @Test
    void capabilityTellsSizeAndPlaces() {
        assertThat(bus.read(AT, MSIX, 4) & 0xFFFF_00FF).isEqualTo(VECTORS - 1 << 16 | 0x11);
        assertThat(bus.read(AT, MSIX + 4, 4)).isEqualTo(TABLE | 2);
        assertThat(bus.read(AT, MSIX + 8, 4)).isEqualTo(PENDING | 2);
        bus.write(AT, CONTROL, 2, 0xFFFF);
        assertThat(bus.read(AT, CONTROL, 2)).isEqualTo(ENABLE | FUNCTION_MASK | VECTORS - 1);
    }

    @Test
    void tableBeginsMasked() {
        for (int vector = 0; vector < VECTORS; vector++) {
            assertThat(function.readMsix(TABLE + 16L * vector, 8)).isZero();
            assertThat(function.readMsix(TABLE + 16L * vector + 8, 8)).isEqualTo(1L << 32);
        }
    }

    @Test
    void messageIsThatOfTheTable() {
        enable();
        program(2);
        assertThat(function.message(2)).contains(new Msi(0x1_FEE0_0000L, 0x42));
        assertThat(function.message(-1)).isEmpty();
        assertThat(function.message(VECTORS)).isEmpty();
    }

    @Test
    void needsEnableAndBusMaster() {
        program(0);
        assertThat(function.message(0)).isEmpty();
        bus.write(AT, CONTROL, 2, ENABLE);
        assertThat(function.message(0)).isEmpty();
        bus.write(AT, COMMAND, 2, MASTER);
        assertThat(function.message(0)).isPresent();
    }

    @Test
    void maskedMessageIsPendingUntilItsVectorIsUnmasked() {
        enable();
        program(1);
        function.writeMsix(TABLE + 16 + 12, 4, 1);
        assertThat(function.message(1)).isEmpty();
        assertThat(function.readMsix(PENDING, 8)).isEqualTo(2);
        assertThat(context.news()).isEmpty();
        function.writeMsix(TABLE + 16 + 12, 4, 0);
        assertThat(context.news()).containsExactly("message 00:03.0 msi 0x1fee00000=0x41");
        assertThat(function.readMsix(PENDING, 8)).isZero();
    }

    @Test
    void functionMaskHoldsAllMessages() {
        enable();
        program(0);
        program(1);
        bus.write(AT, CONTROL, 2, ENABLE | FUNCTION_MASK);
        assertThat(function.message(0)).isEmpty();
        assertThat(function.message(1)).isEmpty();
        bus.write(AT, CONTROL, 2, ENABLE);
        assertThat(context.news()).containsExactly("message 00:03.0 msi 0x1fee00000=0x40",
                "message 00:03.0 msi 0x1fee00000=0x41");
    }

    @Test
    void pinIsSilentWhileItIsOn() {
        function.intx(true);
        bus.write(AT, CONTROL, 2, ENABLE);
        assertThat(context.news()).containsExactly("intx 00:03.0 pin1 low");
        assertThat(function.intx(true)).isFalse();
        bus.write(AT, CONTROL, 2, 0);
        assertThat(context.news()).containsExactly("intx 00:03.0 pin1 high");
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0, 2", "4, 8", "2, 4", "14, 4", "44, 8"})
    void tableTakesOnlyAlignedWordsThatLieInIt(int offset, int size) {
        function.writeMsix(TABLE + offset, size, -1);
        tableBeginsMasked();
    }

    @Test
    void pendingBitsAreReadOnly() {
        enable();
        function.writeMsix(PENDING, 8, -1);
        assertThat(function.readMsix(PENDING, 8)).isZero();
    }

    @Test
    void resetMasksAndForgets() {
        enable();
        program(0);
        function.writeMsix(TABLE + 12, 4, 1);
        function.message(0);
        bus.reset();
        tableBeginsMasked();
        assertThat(function.readMsix(PENDING, 8)).isZero();
        assertThat(bus.read(AT, CONTROL, 2)).isEqualTo(VECTORS - 1);
    }

    @Test
    void stateHasTheTable() {
        enable();
        program(0);
        program(1);
        function.writeMsix(TABLE + 12, 4, 1);
        function.message(0);
        var second = new RecordingPciContext();
        PciBus other = factory().create(second);
        PciFunction moved = other.add(AT, SPEC);
        other.restore(bus.save(1));
        assertThat(moved.message(1)).contains(new Msi(0x1_FEE0_0000L, 0x41));
        assertThat(moved.readMsix(PENDING, 8)).isEqualTo(1);
        moved.writeMsix(TABLE + 12, 4, 0);
        assertThat(second.news()).containsExactly("message 00:03.0 msi 0x1fee00000=0x40");
    }

    @Test
    void stateOfAFunctionWithoutItIsRefused() {
        PciBus other = factory().create(new RecordingPciContext());
        other.add(AT, new PciFunctionSpec(0xABCD, 0x1234, 0x02_0001, 0x7, 0x1111, 0x2222, SPEC.bars(), 0, 1,
                List.of()));
        assertThatThrownBy(() -> bus.restore(other.save(1))).isInstanceOf(StateException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void standsAnything(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 5000; i++) {
            int size = 1 << random.nextInt(4);
            function.writeMsix(random.nextInt(0x1000), size, random.nextLong());
            function.readMsix(random.nextInt(0x1000), size);
            bus.write(AT, random.nextInt(0x60), 1 << random.nextInt(3), random.nextInt());
            function.message(random.nextInt(6) - 1);
        }
        PciBus other = factory().create(new RecordingPciContext());
        other.add(AT, SPEC);
        other.restore(bus.save(1));
        assertThat(other.save(1)).isEqualTo(bus.save(1));
    }

    @Test
    void liveCapabilityIsAnsweredByItsDevice() {
        assertThat(bus.read(AT, LIVE, 4)).isEqualTo(0x050C_0009);
        assertThat(asked).isEmpty();
        assertThat(bus.read(AT, LIVE + 4, 4)).isEqualTo(0x1234_5678);
        bus.write(AT, LIVE + 10, 2, 0xABCD);
        assertThat(asked).containsExactly("read 00:03.0 0 4 4", "write 00:03.0 0 10 2 abcd");
    }

    @Test
    void deviceOfALiveCapabilityMayUseItsFunction() {
        var busOf = new PciBus[1];
        busOf[0] = factory().create(new PciBusContext() {
            @Override
            public void mapped(Bdf address, int bar, IoRange range) {
                // Nothing is mapped here.
            }

            @Override
            public void unmapped(Bdf address, int bar, IoRange range) {
                // Nothing is mapped here.
            }

            @Override
            public void intx(Bdf address, int pin, boolean high) {
                // The pin is not looked at.
            }

            @Override
            public int readCapability(Bdf address, int capability, int offset, int size) {
                return busOf[0].read(address, 0, 4);
            }
        });
        busOf[0].add(AT, SPEC);
        assertThat(busOf[0].read(AT, LIVE + 4, 4)).isEqualTo(0x1234_ABCD);
    }
}
